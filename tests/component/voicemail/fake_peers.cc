#include "tests/component/voicemail/fake_peers.h"

#include <chrono>

namespace crosspoint::testing {
namespace {

constexpr std::chrono::milliseconds kLook{20};

}  // namespace

class FakePeers::Directory final : public directory::v1::DirectoryService::Service {
 public:
  explicit Directory(State& state) : state_(state) {}
  grpc::Status WatchUsers(grpc::ServerContext* context, const directory::v1::WatchUsersRequest* /*request*/,
                          grpc::ServerWriter<directory::v1::WatchUsersResponse>* writer) override {
    size_t told = 0;
    bool synced = false;
    std::unique_lock lock(state_.mu);
    while (!state_.stopping && !context->IsCancelled()) {
      if (told < state_.users.size() || !synced) {
        directory::v1::WatchUsersResponse response;
        for (; told < state_.users.size(); ++told) *response.add_users() = state_.users[told];
        response.set_resume_token(std::to_string(told));
        response.set_synced(!synced);
        synced = true;
        writer->Write(response);
      }
      state_.changed.wait_for(lock, kLook);
    }
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

class FakePeers::Feed final : public meeting_sync::v1::MailboxFeedService::Service {
 public:
  explicit Feed(State& state) : state_(state) {}
  grpc::Status WatchChanges(grpc::ServerContext* context, const meeting_sync::v1::WatchChangesRequest* /*request*/,
                            grpc::ServerWriter<meeting_sync::v1::WatchChangesResponse>* writer) override {
    std::unique_lock lock(state_.mu);
    size_t told = state_.inboxes.size();
    while (!state_.stopping && !context->IsCancelled()) {
      for (; told < state_.inboxes.size(); ++told) {
        meeting_sync::v1::WatchChangesResponse response;
        response.set_user(state_.inboxes[told]);
        response.set_folder(meeting_sync::v1::MAILBOX_FOLDER_INBOX);
        response.set_watermark(std::to_string(told + 1));
        writer->Write(response);
      }
      state_.changed.wait_for(lock, kLook);
    }
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

class FakePeers::Contacts final : public contact::v1::ContactService::Service {
 public:
  explicit Contacts(State& state) : state_(state) {}
  grpc::Status LookupNumber(grpc::ServerContext* /*context*/, const contact::v1::LookupNumberRequest* request,
                            contact::v1::LookupNumberResponse* response) override {
    const std::lock_guard lock(state_.mu);
    const auto it = state_.contacts.find(request->number());
    if (it == state_.contacts.end()) return grpc::Status::OK;
    response->add_contacts()->set_display_name(it->second);
    response->set_exact(true);
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

FakePeers::FakePeers()
    : directory_(std::make_unique<Directory>(state_)),
      feed_(std::make_unique<Feed>(state_)),
      contacts_(std::make_unique<Contacts>(state_)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(directory_.get());
  builder.RegisterService(feed_.get());
  builder.RegisterService(contacts_.get());
  server_ = builder.BuildAndStart();
}

FakePeers::~FakePeers() {
  {
    const std::lock_guard lock(state_.mu);
    state_.stopping = true;
  }
  state_.changed.notify_all();
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
}

void FakePeers::AddUser(const std::string& id, const std::string& email, const std::string& extension) {
  directory::v1::User user;
  user.set_name("tenants/acme/users/" + id);
  user.set_display_name("Name " + id);
  user.set_email(email);
  user.set_extension(extension);
  const std::lock_guard lock(state_.mu);
  state_.users.push_back(user);
  state_.changed.notify_all();
}

void FakePeers::TellInbox(const std::string& user) {
  const std::lock_guard lock(state_.mu);
  state_.inboxes.push_back(user);
  state_.changed.notify_all();
}

void FakePeers::AddContact(const std::string& number, const std::string& name) {
  const std::lock_guard lock(state_.mu);
  state_.contacts[number] = name;
}

}  // namespace crosspoint::testing
