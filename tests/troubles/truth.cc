#include "tests/troubles/truth.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <random>

#include "crosspoint/presence/v1/presence_service.grpc.pb.h"

namespace crosspoint::troubles {
namespace {

using namespace std::chrono_literals;
namespace pb = presence::v1;

constexpr const char* kStates[] = {"available", "custom", "vacation", "do-not-disturb", "out-of-office"};
constexpr auto kPause = 2ms;  // of a writer between two changes

std::string NewRequestId(std::mt19937_64& random) {
  const auto a = random(), b = random();
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xffff, b >> 48,
                     b & 0xffffffffffff);
}

}  // namespace

Writers::Writers(Cluster& cluster, Truth& truth, int threads) : cluster_(cluster), truth_(truth) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this, i, threads] { Run(i, threads); });
}

void Writers::Finish() {
  finishing_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Writers::Run(int number, int of) {
  // Never the same twice: a request id that came in an earlier trouble would be answered as it was then.
  std::mt19937_64 random(std::random_device{}());
  int replica = number;
  while (!finishing_) {
    // Users are shared out, so that nobody's changes overtake each other.
    const int user = static_cast<int>(random() % static_cast<uint64_t>(truth_.users() / of)) * of + number;
    pb::SetAvailabilityRequest request;
    request.set_user(UserName(user));
    request.set_state(kStates[random() % std::size(kStates)]);
    request.set_request_id(NewRequestId(random));
    truth_.Doubt(user);
    for (bool answered = false; !answered; ++replica) {
      const int to = replica % cluster_.size();
      if (!cluster_.Running(to)) {
        std::this_thread::sleep_for(1ms);
        continue;
      }
      const auto context = cluster_.As(UserId(user), "user");
      context->set_deadline(std::chrono::system_clock::now() + 500ms);
      pb::Presence answer;
      answered =
          pb::PresenceService::NewStub(cluster_.Channel(to))->SetAvailability(context.get(), request, &answer).ok();
      if (!answered) std::this_thread::sleep_for(5ms);
    }
    truth_.Set(user, request.state());
    ++acknowledged_;
    std::this_thread::sleep_for(kPause);
  }
}

Watcher::Watcher(Cluster& cluster, int replica, int first_user, int users)
    : cluster_(cluster),
      home_(replica),
      first_(first_user),
      token_(cluster.credentials().Token("acme", "viewer")),
      replica_(replica),
      seen_(static_cast<size_t>(users)),
      thread_([this] { Run(); }) {}

Watcher::~Watcher() {
  closing_ = true;
  {
    const std::lock_guard lock(mu_);
    if (open_ != nullptr) open_->TryCancel();
  }
  thread_.join();
}

void Watcher::Run() {
  for (int turn = home_; !closing_; ++turn) {
    const int to = turn % cluster_.size();
    if (!cluster_.Running(to) || !cluster_.Channel(to)->WaitForConnected(std::chrono::system_clock::now() + 500ms)) {
      std::this_thread::sleep_for(5ms);
      continue;
    }
    ReadStream(to);
    ++reopened_;
    std::this_thread::sleep_for(20ms);
  }
}

void Watcher::ReadStream(int replica) {
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token_);
  pb::WatchPresenceRequest request;
  {
    const std::lock_guard lock(mu_);
    for (size_t i = 0; i < seen_.size(); ++i) request.add_add_users(UserName(first_ + static_cast<int>(i)));
    request.set_resume_token(resume_token_);
    open_ = &context;
    replica_ = replica;
  }
  const auto stream = pb::PresenceService::NewStub(cluster_.Channel(replica))->WatchPresence(&context);
  stream->Write(request);
  pb::WatchPresenceResponse response;
  while (!closing_ && stream->Read(&response)) {
    while (stalled_ && !closing_) std::this_thread::sleep_for(10ms);
    const auto now = std::chrono::system_clock::now();
    const std::lock_guard lock(mu_);
    for (const auto& presence : response.presences()) {
      const auto& name = presence.user();
      auto& seen = seen_[static_cast<size_t>(std::stoi(name.substr(name.rfind("/u") + 2)) - first_)];
      if (!seen.state.empty()) ++seen.changes;
      seen.state = presence.availability().state();
      seen.on_the_phone = presence.line_state() == pb::LINE_STATE_ON_THE_PHONE;
      seen.when = now;
    }
    if (!response.resume_token().empty()) resume_token_ = response.resume_token();
    connected_ = connected_ || response.synced();
    stale_ = response.may_be_stale();
  }
  const std::lock_guard lock(mu_);
  open_ = nullptr;
  connected_ = false;
  stale_ = false;
}

bool Watcher::Equals(const Truth& truth) const {
  const std::lock_guard lock(mu_);
  if (!connected_ || stale_) return false;
  for (size_t i = 0; i < seen_.size(); ++i) {
    const auto entry = truth.Get(first_ + static_cast<int>(i));
    if (entry.certain && seen_[i].state != entry.state) return false;
  }
  return true;
}

int Watcher::SilentlyWrong(const Truth& truth, std::chrono::milliseconds age) const {
  const std::lock_guard lock(mu_);
  if (!connected_ || stale_) return 0;
  int wrong = 0;
  for (size_t i = 0; i < seen_.size(); ++i) {
    const auto entry = truth.Get(first_ + static_cast<int>(i));
    if (entry.certain && Steady::now() - entry.since > age && seen_[i].state != entry.state) ++wrong;
  }
  return wrong;
}

bool Watcher::KnowsItMayBeStale() const {
  const std::lock_guard lock(mu_);
  return !connected_ || stale_;
}

std::vector<Watcher::Seen> Watcher::seen() const {
  const std::lock_guard lock(mu_);
  return seen_;
}

}  // namespace crosspoint::troubles
