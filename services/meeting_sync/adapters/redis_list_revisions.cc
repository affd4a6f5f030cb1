#include "meeting_sync/adapters/redis_list_revisions.h"

#include <condition_variable>
#include <memory>
#include <mutex>

#include "common/status/status.h"
#include "meeting_sync/adapters/keys.h"

namespace crosspoint::meeting_sync {
namespace {

// The answers to come; shared with the callbacks, which come also when nobody waits any more.
struct Answers {
  std::mutex mu;
  std::condition_variable all_here;
  std::vector<std::string> texts;  // guarded by mu
  size_t open = 0;                 // guarded by mu
  absl::Status status;             // guarded by mu; the first that went wrong
};

}  // namespace

absl::StatusOr<std::vector<std::string>> RedisListRevisions::Of(const std::vector<UserId>& users) {
  const auto answers = std::make_shared<Answers>();
  answers->texts.resize(users.size() * 2);
  answers->open = answers->texts.size();
  const auto deadline = redis_.DefaultDeadline();
  const auto ask = [&](size_t place, std::vector<std::string> command) {
    redis_.CallAsync(std::move(command), deadline, [answers, place](absl::StatusOr<RedisReply> reply) {
      const std::lock_guard lock(answers->mu);
      if (!reply.ok()) {
        answers->status.Update(reply.status());
      } else if (!reply->is_nil()) {
        answers->texts[place] = reply->text();
      }
      if (--answers->open == 0) answers->all_here.notify_all();
    });
  };
  for (size_t i = 0; i < users.size(); ++i) {
    ask(2 * i, {"GET", MailboxKey(users[i], "meeting_revision")});
    ask(2 * i + 1, {"HGET", MailboxKey(users[i], "imported"), "revision"});
  }
  std::unique_lock lock(answers->mu);
  answers->all_here.wait(lock, [&] { return answers->open == 0; });
  if (!answers->status.ok()) return answers->status;
  std::vector<std::string> revisions;
  for (size_t i = 0; i < users.size(); ++i) {
    revisions.push_back(answers->texts[2 * i] + "." + answers->texts[2 * i + 1]);
  }
  return revisions;
}

}  // namespace crosspoint::meeting_sync
