#include <fmt/format.h>

#include <algorithm>

#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/gateway/v1/command_service.grpc.pb.h"
#include "tests/story/call.h"
#include "tests/story/chapters.h"
#include "tests/story/desk_phone.h"

namespace crosspoint::story {
namespace {

using namespace std::chrono_literals;
namespace directory = ::crosspoint::directory::v1;
namespace gateway = ::crosspoint::gateway::v1;

constexpr char kDevice[] = "desk-2000";

class CallChapter {
 public:
  explicit CallChapter(Stage& stage) : stage_(stage), phone_(stage.gateway(), stage.As(stage.anna), kDevice) {}

  bool Tell() {
    return stage_.Step("The person's desk phone is connected", [this] { return PhoneIsConnected(); }) &&
           stage_.Step("Open the contact card of a colleague", [this] { return OpenCard(); }) &&
           stage_.Step("Call from the card: the desk phone is told to", [this] { return CallFromCard(); });
  }

 private:
  absl::Status PhoneIsConnected() {
    const auto session = phone_.WaitWelcome(5s);
    if (!session) return absl::DeadlineExceededError("no session: " + phone_.ended());
    stage_.Say(fmt::format("session {} on {}", *session, kDevice));
    return absl::OkStatus();
  }

  absl::Status OpenCard() {
    directory::GetContactCardRequest request;
    request.set_parent(Stage::kTenant);
    request.set_email(stage_.other.email);
    directory::ContactCard card;
    const auto stub = directory::DirectoryService::NewStub(stage_.gateway());
    CROSSPOINT_RETURN_IF_ERROR(
        Call(&directory::DirectoryService::Stub::GetContactCard, *stub, stage_.As(stage_.anna), request, card));
    const auto& actions = card.actions();
    if (std::find(actions.begin(), actions.end(), directory::CARD_ACTION_CALL) == actions.end()) {
      return absl::FailedPreconditionError("the card offers no call");
    }
    number_ = card.person().extension();
    stage_.Say(fmt::format("{}, extension {}, {}; {} actions, a call among them", card.person().display_name(), number_,
                           card.availability_state(), actions.size()));
    return absl::OkStatus();
  }

  absl::Status CallFromCard() {
    gateway::DispatchCommandRequest request;
    request.set_user(stage_.anna.name);
    request.set_kind(gateway::COMMAND_KIND_PLACE_CALL);
    request.set_target(number_);
    request.set_request_id("5d0c7f6e-3b1a-4c55-9a3e-0d6f4d1f2b01");
    gateway::CommandOutcome outcome;
    const auto stub = gateway::CommandService::NewStub(stage_.gateway());
    CROSSPOINT_RETURN_IF_ERROR(
        Call(&gateway::CommandService::Stub::DispatchCommand, *stub, stage_.As(stage_.anna), request, outcome));
    if (outcome.outcome() != gateway::OUTCOME_DONE) return absl::InternalError(outcome.ShortDebugString());
    const auto called = phone_.WaitCalled(5s);
    if (called != number_) return absl::InternalError("the phone was told something else");
    stage_.Say(fmt::format("{} called {} and said DONE", kDevice, *called));
    return absl::OkStatus();
  }

  Stage& stage_;
  DeskPhone phone_;
  std::string number_;
};

}  // namespace

bool TellOfACall(Stage& stage) { return CallChapter(stage).Tell(); }

}  // namespace crosspoint::story
