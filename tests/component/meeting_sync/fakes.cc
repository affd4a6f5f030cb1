#include "tests/component/meeting_sync/fakes.h"

#include <set>

namespace crosspoint::testing {
namespace {

// The states a tenant has from the beginning.
const std::set<std::string> kStates = {"available", "in-a-meeting",   "out-of-office",
                                       "vacation",  "do-not-disturb", "custom"};

std::string UserOf(const std::string& claim_name) { return claim_name.substr(0, claim_name.find("/claims/")); }
std::string IdOf(const std::string& claim_name) { return claim_name.substr(claim_name.rfind('/') + 1); }

std::unique_ptr<grpc::Server> Serve(grpc::Service* service, int& port) {
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(service);
  return builder.BuildAndStart();
}

}  // namespace

void FakePresence::Start() {
  if (server_ == nullptr) server_ = Serve(this, port_);
}

void FakePresence::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  server_.reset();
}

grpc::Status FakePresence::PutClaim(grpc::ServerContext* /*context*/, const presence::v1::PutClaimRequest* request,
                                    presence::v1::PutClaimResponse* response) {
  if (!kStates.contains(request->claim().state())) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "claim.state: a key of the tenant's table"};
  }
  const std::lock_guard lock(mu_);
  claims_[UserOf(request->claim().name())][IdOf(request->claim().name())] = request->claim();
  ++puts_;
  *response->mutable_claim() = request->claim();
  changed_.notify_all();
  return grpc::Status::OK;
}

grpc::Status FakePresence::DeleteClaim(grpc::ServerContext* /*context*/,
                                       const presence::v1::DeleteClaimRequest* request,
                                       presence::v1::DeleteClaimResponse* /*response*/) {
  const std::lock_guard lock(mu_);
  claims_[UserOf(request->name())].erase(IdOf(request->name()));
  ++deletes_;
  changed_.notify_all();
  return grpc::Status::OK;
}

std::map<std::string, FakePresence::Claim> FakePresence::Claims(const std::string& user) const {
  const std::lock_guard lock(mu_);
  const auto it = claims_.find(user);
  return it == claims_.end() ? std::map<std::string, Claim>{} : it->second;
}

std::optional<FakePresence::Claim> FakePresence::AwaitClaim(const std::string& user,
                                                            std::chrono::system_clock::time_point start,
                                                            std::chrono::milliseconds limit) const {
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(start.time_since_epoch()).count();
  std::optional<Claim> found;
  std::unique_lock lock(mu_);
  changed_.wait_for(lock, limit, [&] {
    const auto it = claims_.find(user);
    if (it == claims_.end()) return false;
    for (const auto& [id, claim] : it->second) {
      if (claim.start_time().seconds() == second) found = claim;
    }
    return found.has_value();
  });
  return found;
}

bool FakePresence::AwaitCount(const std::string& user, size_t count, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mu_);
  return changed_.wait_for(lock, limit, [&] {
    const auto it = claims_.find(user);
    return (it == claims_.end() ? 0 : it->second.size()) == count;
  });
}

int FakePresence::puts() const {
  const std::lock_guard lock(mu_);
  return puts_;
}

int FakePresence::deletes() const {
  const std::lock_guard lock(mu_);
  return deletes_;
}

FakeDirectory::FakeDirectory() { server_ = Serve(this, port_); }

FakeDirectory::~FakeDirectory() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
    changed_.notify_all();
  }
  server_->Shutdown(std::chrono::system_clock::now());
}

void FakeDirectory::Put(const std::string& id, const std::string& email, directory::v1::MailboxBinding binding) {
  directory::v1::User user;
  user.set_name("tenants/acme/users/" + id);
  user.set_email(email);
  user.set_mailbox_binding(binding);
  const std::lock_guard lock(mu_);
  log_.push_back(user);
  changed_.notify_all();
}

void FakeDirectory::Delete(const std::string& id) {
  directory::v1::User user;
  user.set_name("tenants/acme/users/" + id);
  user.mutable_delete_time()->set_seconds(1);
  const std::lock_guard lock(mu_);
  log_.push_back(user);
  changed_.notify_all();
}

grpc::Status FakeDirectory::WatchUsers(grpc::ServerContext* context, const directory::v1::WatchUsersRequest* request,
                                       grpc::ServerWriter<directory::v1::WatchUsersResponse>* writer) {
  size_t told = request->resume_token().empty() ? 0 : std::stoul(request->resume_token());
  bool synced = false;
  std::unique_lock lock(mu_);
  while (!stopping_ && !context->IsCancelled()) {
    directory::v1::WatchUsersResponse response;
    for (; told < log_.size(); ++told) *response.add_users() = log_[told];
    response.set_resume_token(std::to_string(told));
    response.set_synced(!std::exchange(synced, true));
    lock.unlock();
    if ((response.users_size() > 0 || response.synced()) && !writer->Write(response)) return grpc::Status::CANCELLED;
    lock.lock();
    changed_.wait_for(lock, std::chrono::milliseconds(50), [&] { return stopping_ || told < log_.size(); });
  }
  return {grpc::StatusCode::UNAVAILABLE, "stopping"};
}

}  // namespace crosspoint::testing
