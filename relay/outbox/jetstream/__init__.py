"""The outbox on NATS JetStream: durable on several machines, for several relays of one repository.

What holds:

- What `put` has accepted is in a stream with file storage, in a cluster on two of its three servers at least, and goes
  only when GitHub has taken it or as a dead letter. The loss of relays, or of one server of three, loses nothing. A
  single server writes to its disk at once but makes sure of it every two minutes: against a power cut it has to be
  told `sync_interval: always`.
- All relays take events; one of them delivers, the one that holds the lease. GitHub's limit counts for all relays
  together, so more senders would only send smaller dispatches. When it stops another one follows at once; when it is
  killed, within the lease's seconds, and then whatever was under way goes out once more: delivery is at least once.
  A relay that fails three times in a row lets another one try.
- Letters go out in the order of the stream, over every change of the delivering relay. Two relays that are told of one
  workload in the same milliseconds may bring them into the stream in either order.
- A repeated (source, id) is known for an hour: by NATS, unless all servers restart in between, and by each relay. The
  repeat of an event that was folded is known by the relay that has folded it.
- Folding: the window of a workload opens once its letter is kept, never before, so nothing can be folded into what was
  lost. Relays that hear of a workload in the same milliseconds may keep a letter each. Counts are best effort.
"""
