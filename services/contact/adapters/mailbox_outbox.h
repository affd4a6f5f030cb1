#pragma once

#include <string>

#include "common/log/log.h"
#include "common/redis/outbox.h"
#include "contact/app/mailbox_writer.h"

namespace crosspoint::contact {

// What an OutboxWorker runs to bring contacts to mailboxes. References must outlive the worker.
OutboxWorker::Handler MailboxOutboxHandler(MailboxWriter& writer);

// The mail server may be away for days before a change is given up.
OutboxWorkerOptions MailboxOutboxOptions(int threads, std::string consumer, log::Logger& log);

}  // namespace crosspoint::contact
