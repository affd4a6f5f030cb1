#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "crosspoint/voicemail/v1/voicemail_service.grpc.pb.h"
#include "tests/chaos/actor.h"

namespace crosspoint::chaos {

// A telephone system that leaves messages, and people who delete some of them; each is listed once, and lies once in
// the mailbox.
class Voicemails final : public Actor {
 public:
  explicit Voicemails(World& world);
  std::string name() const override { return "voicemails"; }
  void Act(const std::atomic<bool>& stop) override;
  Difference Check() override;

 private:
  using Stub = ::crosspoint::voicemail::v1::VoicemailService::Stub;

  // Recorded, and not known to be safe.
  struct Recording {
    const World::Person* person = nullptr;
    std::string wav;
    std::string sha256;
    std::string request_id;
  };
  void Leave(const std::atomic<bool>& stop);
  void Delete(const std::atomic<bool>& stop);
  Difference CheckList(const World::Person& person, int replica);
  Difference CheckMailbox(const World::Person& person);

  World& world_;
  int next_ = 0;
  std::optional<Recording> open_;
  std::optional<std::pair<std::string, std::string>> deleting_;  // by e-mail: the SHA-256 of what is being deleted
  // What lies there by e-mail: SHA-256 of the audio, and the name.
  std::map<std::string, std::map<std::string, std::string>> left_;
};

}  // namespace crosspoint::chaos
