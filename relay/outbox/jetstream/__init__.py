"""The outbox on NATS JetStream: durable on several machines, for several relays of one repository.

Guarantees:

- What `put` has accepted is in a stream with file storage, in a cluster on at least two of its three servers. It
  leaves the stream only when GitHub has accepted it, or as a dead letter. The loss of relays, or of one server of
  three, loses nothing. A single server writes at once but calls fsync every two minutes: against a power cut, set
  `sync_interval: always`.
- All relays accept events; one of them delivers, the one that holds the lease. GitHub's limit counts for all relays
  together, so more senders would only send smaller dispatches. When it stops another one follows at once; when it is
  killed, within the seconds of the lease, and then the current dispatch is sent once more: delivery is at least once.
  A relay that fails three times in a row releases the lease.
- Letters go out in turns, as turns.py decides. The turns start anew when the delivering relay changes; within a pod
  and priority the order of the stream stays. Two relays that receive events of one pod in the same milliseconds may
  store them in either order.
- Shares of the backlog hold for all relays together: they tell each other what they have accepted. Such a message may
  be lost; then the next list of what waits, which is taken every five seconds or less often, corrects the numbers. The
  whole backlog has an exact limit.
- The lease is in memory: a server without room on its disk accepts nothing, but what waits is delivered.
- A repeated (source, id) is recognised for an hour: by NATS, unless all servers restart in between, and by each relay.
  The repeat of a folded event is recognised by the relay that folded it.
- Folding: the window of an act opens once its letter is stored, so nothing is folded into a lost letter. Relays
  that receive events of an act in the same milliseconds may store a letter each. Counts are best effort.
"""
