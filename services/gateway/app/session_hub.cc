#include "gateway/app/session_hub.h"

#include <chrono>
#include <set>
#include <utility>

#include "common/status/status.h"
#include "gateway/app/refusals.h"

namespace crosspoint::gateway {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kStoreTime{2};

absl::Status Expired() {
  return Refused(absl::StatusCode::kAborted, "SESSION_EXPIRED", "the program was not heard of for the session's lease");
}

absl::Status TakenOver() {
  return Refused(absl::StatusCode::kAborted, "SESSION_TAKEN_OVER", "the session goes on in another stream");
}

}  // namespace

absl::StatusOr<SessionRecord> SessionHub::OpenRecord(const HelloWish& hello, const Caller& caller,
                                                     WelcomeEvent& welcome, Deadline deadline) {
  welcome.lease = settings_.lease;
  SessionRecord wish;
  wish.owner = caller.owner;
  wish.program = hello.program;
  wish.device = hello.device;
  wish.version = hello.version;
  wish.channels = hello.channels;
  wish.replica = parts_.mail.own_address();
  if (const auto dot = hello.resume_token.find('.'); dot != std::string::npos) {
    const auto id = wish.id = hello.resume_token.substr(0, dot);
    CROSSPOINT_ASSIGN_OR_RETURN(auto resumed, parts_.sessions.Resume(wish, hello.resume_token.substr(dot + 1),
                                                                     StoredLease(settings_), deadline));
    if (resumed) {
      counters_.resumed.fetch_add(1, std::memory_order_relaxed);
      welcome.session = id;
      welcome.resume_token = hello.resume_token;
      welcome.resumed = true;
      const Letter told{Letter::Kind::kTakenOver, caller.owner, id, "", std::to_string(resumed->session.attachment)};
      if (resumed->previous_replica != parts_.mail.own_address()) {
        parts_.mail.Send(resumed->previous_replica, told);
      } else if (const auto previous = Find(caller.owner, id)) {
        End(previous, TakenOver());
      }
      return std::move(resumed->session);
    }
  }
  wish.id = parts_.ids.NewId("s-");
  const auto secret = parts_.ids.NewId("");
  CROSSPOINT_ASSIGN_OR_RETURN(auto record, parts_.sessions.Open(wish, secret, StoredLease(settings_), deadline));
  counters_.opened.fetch_add(1, std::memory_order_relaxed);
  welcome.session = record.id;
  welcome.resume_token = record.id + "." + secret;
  return record;
}

absl::StatusOr<std::shared_ptr<LiveSession>> SessionHub::Open(const HelloWish& hello, const Caller& caller,
                                                              std::shared_ptr<SessionSink> sink, Deadline deadline) {
  WelcomeEvent welcome;
  CROSSPOINT_ASSIGN_OR_RETURN(auto record, OpenRecord(hello, caller, welcome, deadline));
  const auto session = std::make_shared<LiveSession>(
      std::move(record), caller, std::move(sink),
      LiveSession::Parts{parts_.roles, parts_.channels, parts_.tasks, session_counters_, settings_});
  {
    const std::lock_guard lock(mu_);
    sessions_[session->record().id] = session;
  }
  session->Welcome(welcome);
  std::set<Channel> named;
  absl::Status fine;
  for (const auto& subscription : hello.subscriptions) {
    named.insert(subscription.channel);
    if (fine.ok()) fine = session->Subscribe(subscription, deadline);
  }
  if (!fine.ok()) {
    Detach(session);
    (void)CloseSession(session->record(), deadline);
    return fine;
  }
  for (const Channel channel : hello.channels) {
    if (channel == Channel::kPresence || channel == Channel::kCommands || named.contains(channel)) continue;
    (void)session->Subscribe(Subscription{channel, {}, {}, "", std::nullopt}, deadline);
  }
  if (session->record().Has(Channel::kCommands)) parts_.desk.DeliverWaiting(*session);
  parts_.tasks.PostAfter(settings_.lease / 3, [this, weak = std::weak_ptr(session)] { Beat(weak); });
  parts_.log.Info("session_opened", {{"tenant", caller.owner.tenant.value},
                                     {"session", session->record().id},
                                     {"program", NameOf(session->record().program)},
                                     {"resumed", welcome.resumed}});
  return session;
}

void SessionHub::Beat(const std::weak_ptr<LiveSession>& weak) {
  const auto session = weak.lock();
  if (session == nullptr || Find(session->record().owner, session->record().id) != session) return;
  const auto now = parts_.tasks.Now();
  if (now - session->heard.load() > settings_.lease) {
    counters_.expired.fetch_add(1, std::memory_order_relaxed);
    End(session, Expired());
    (void)CloseSession(session->record(), steady_clock::now() + kStoreTime);
    return;
  }
  if (session->heard.load() > session->touched.load()) {
    (void)Touch(*session, steady_clock::now() + kStoreTime);
  }
  session->Heartbeat();
  // Just after the lease when that comes first.
  const auto expires_in = std::chrono::duration_cast<milliseconds>(session->heard.load() + settings_.lease - now);
  parts_.tasks.PostAfter(std::min(settings_.lease / 3, expires_in + milliseconds{5}), [this, weak] { Beat(weak); });
}

absl::Status SessionHub::Touch(LiveSession& session, Deadline deadline) {
  const auto& record = session.record();
  session.touched = parts_.tasks.Now();
  const auto lease =
      parts_.sessions.Touch(record.owner, record.id, record.attachment, StoredLease(settings_), deadline);
  // While the store is away the program goes on; whether its lease did is seen when it is back.
  if (!lease.ok() || *lease == SessionStore::Lease::kAlive) return absl::OkStatus();
  const auto why = *lease == SessionStore::Lease::kGone ? Expired() : TakenOver();
  (*lease == SessionStore::Lease::kGone ? counters_.expired : counters_.taken_over)
      .fetch_add(1, std::memory_order_relaxed);
  if (const auto live = Find(record.owner, record.id); live.get() == &session) {
    End(live, why);
  }
  return why;
}

absl::Status SessionHub::Take(LiveSession& session, const ProgramMessage& message, Deadline deadline) {
  const auto now = parts_.tasks.Now();
  session.heard = now;
  if (now - session.touched.load() > settings_.lease / 4) CROSSPOINT_RETURN_IF_ERROR(Touch(session, deadline));
  if (const auto* acknowledge = std::get_if<AcknowledgeMessage>(&message)) {
    return session.Acknowledge(acknowledge->number);
  }
  if (const auto* subscription = std::get_if<Subscription>(&message)) return session.Subscribe(*subscription, deadline);
  if (const auto* outcome = std::get_if<OutcomeMessage>(&message)) {
    return parts_.desk.Answer(session.record(), outcome->command_id, outcome->result, deadline);
  }
  if (std::holds_alternative<CloseMessage>(message)) {
    if (const auto live = Find(session.record().owner, session.record().id)) End(live, absl::OkStatus());
    return CloseSession(session.record(), deadline);
  }
  return absl::OkStatus();
}

absl::Status SessionHub::TakeFor(const UserId& owner, const std::string& id, const ProgramMessage& message,
                                 const std::string& serialized, Deadline deadline) {
  if (const auto live = Find(owner, id)) return Take(*live, message, deadline);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, parts_.sessions.Find(owner, id, deadline));
  if (!record) return UnknownSession("session");
  if (const auto* outcome = std::get_if<OutcomeMessage>(&message)) {
    CROSSPOINT_RETURN_IF_ERROR(parts_.desk.Answer(*record, outcome->command_id, outcome->result, deadline));
  }
  if (std::holds_alternative<CloseMessage>(message)) CROSSPOINT_RETURN_IF_ERROR(CloseSession(*record, deadline));
  // Its stream's replica must hear of it too: it counts the silence.
  parts_.mail.Send(record->replica, {Letter::Kind::kMessage, owner, id, "", serialized});
  return absl::OkStatus();
}

void SessionHub::Deliver(const Letter& letter, const std::optional<ProgramMessage>& message) {
  const auto deadline = steady_clock::now() + kStoreTime;
  switch (letter.kind) {
    case Letter::Kind::kOutcome:
      return parts_.desk.OnAnswered(letter.owner, letter.request_id);
    case Letter::Kind::kRoles:
      return CheckRolesOf(letter.owner);
    default:
      break;
  }
  const auto session = Find(letter.owner, letter.session);
  if (session == nullptr) return;
  if (letter.kind == Letter::Kind::kCommand) return parts_.desk.Deliver(*session, letter.request_id);
  if (letter.kind == Letter::Kind::kTakenOver) {
    // Not the stream that has just come back to this replica.
    if (std::to_string(session->record().attachment) == letter.body) return;
    counters_.taken_over.fetch_add(1, std::memory_order_relaxed);
    return End(session, TakenOver());
  }
  // An outcome was handled where it came in.
  if (!message) return;
  const bool handled = std::holds_alternative<OutcomeMessage>(*message);
  (void)Take(*session, handled ? ProgramMessage(HeartbeatMessage{}) : *message, deadline);
}

void SessionHub::End(const std::shared_ptr<LiveSession>& session, const absl::Status& status) {
  Detach(session);
  session->End(status);
}

void SessionHub::Detach(const std::shared_ptr<LiveSession>& session) {
  {
    const std::lock_guard lock(mu_);
    const auto it = sessions_.find(session->record().id);
    if (it != sessions_.end() && it->second == session) sessions_.erase(it);
  }
  session->Stop();
}

absl::Status SessionHub::CloseSession(const SessionRecord& record, Deadline deadline) {
  CROSSPOINT_RETURN_IF_ERROR(parts_.sessions.Close(record.owner, record.id, record.attachment, deadline));
  TellRoles(record.owner, deadline);
  return absl::OkStatus();
}

void SessionHub::CheckRolesOf(const UserId& owner) {
  std::vector<std::shared_ptr<LiveSession>> theirs;
  {
    const std::lock_guard lock(mu_);
    for (const auto& [id, session] : sessions_) {
      if (session->record().owner == owner) theirs.push_back(session);
    }
  }
  for (const auto& session : theirs) session->CheckRoles();
}

void SessionHub::TellRoles(const UserId& owner, Deadline deadline) {
  CheckRolesOf(owner);
  const auto sessions = parts_.sessions.List(owner, deadline);
  if (!sessions.ok()) return;  // each looks by itself when the lease could have ended
  std::set<std::string> replicas;
  for (const auto& session : *sessions) replicas.insert(session.replica);
  replicas.erase(parts_.mail.own_address());
  for (const auto& replica : replicas) parts_.mail.Send(replica, {Letter::Kind::kRoles, owner, "", "", ""});
}

absl::StatusOr<RoleGrant> SessionHub::AcquireRole(const UserId& owner, const std::string& session, ClientRole role,
                                                  Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, parts_.sessions.Find(owner, session, deadline));
  if (!record) return UnknownSession("session");
  if (!Allows(record->program, NeededFor(role))) return NotForProgram(record->program, NeededFor(role));
  return parts_.roles.Acquire(owner, session, role, settings_.role_lease, deadline);
}

absl::StatusOr<RoleGrant> SessionHub::RenewRole(const UserId& owner, const std::string& session, ClientRole role,
                                                int64_t fencing_token, Deadline deadline) {
  return parts_.roles.Renew(owner, session, role, fencing_token, settings_.role_lease, deadline);
}

absl::Status SessionHub::ReleaseRole(const UserId& owner, const std::string& session, ClientRole role,
                                     int64_t fencing_token, Deadline deadline) {
  CROSSPOINT_RETURN_IF_ERROR(parts_.roles.Release(owner, session, role, fencing_token, deadline));
  TellRoles(owner, deadline);
  return absl::OkStatus();
}

std::shared_ptr<LiveSession> SessionHub::Find(const UserId& owner, const std::string& id) const {
  const std::lock_guard lock(mu_);
  const auto it = sessions_.find(id);
  return it != sessions_.end() && it->second->record().owner == owner ? it->second : nullptr;
}

size_t SessionHub::size() const {
  const std::lock_guard lock(mu_);
  return sessions_.size();
}

}  // namespace crosspoint::gateway
