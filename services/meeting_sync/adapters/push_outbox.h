#pragma once

#include "common/redis/outbox.h"
#include "meeting_sync/app/live_link.h"
#include "meeting_sync/app/user_book.h"

namespace crosspoint::meeting_sync {

// Carries changes of the bridge's records to their calendar items, besides what `others` does with all other entries.
// One user's are carried one after another, whichever replica does it. References must outlive the worker.
OutboxWorker::Handler PushOutboxHandler(UserBook& users, LiveLink& link, OutboxWorker::Handler others);

}  // namespace crosspoint::meeting_sync
