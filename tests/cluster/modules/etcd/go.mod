// Its own module: etcd cannot be installed by its path, because its go.mod has replacements.
module cluster.test/etcd

go 1.26.0

tool go.etcd.io/etcd/server/v3 // etcd

require go.etcd.io/etcd/server/v3 v3.6.16
