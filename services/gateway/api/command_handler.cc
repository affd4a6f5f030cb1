#include "gateway/api/command_handler.h"

#include <cctype>
#include <string>

#include "common/status/status.h"

namespace crosspoint::gateway {
namespace {

constexpr size_t kMaxTargetBytes = 1'000;

// A UUID in lower case; it names a key.
absl::StatusOr<std::string> ParseRequestId(std::string id) {
  const auto bad = InvalidField("request_id", "must be a UUID, a new one for each command");
  if (id.size() != 36) return bad;
  for (size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? id[i] != '-' : std::isxdigit(static_cast<unsigned char>(id[i])) == 0) return bad;
    id[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(id[i])));
  }
  return id;
}

}  // namespace

void CommandHandler::Bind(grpcx::Methods& methods) {
  methods.Waiting("DispatchCommand", this, &CommandHandler::DispatchCommand);
}

absl::Status CommandHandler::DispatchCommand(const v1::DispatchCommandRequest& request, const grpcx::Call& call,
                                             v1::CommandOutcome& response) {
  CommandDesk::Order order;
  CROSSPOINT_ASSIGN_OR_RETURN(order.user, UserId::Parse(request.user(), "user"));
  if (request.kind() < v1::COMMAND_KIND_PLACE_CALL || request.kind() > v1::COMMAND_KIND_CONFIGURE) {
    return InvalidField("kind", "must be one of the kinds of commands");
  }
  order.kind = static_cast<CommandKind>(request.kind());
  if (request.target().empty() || request.target().size() > kMaxTargetBytes) {
    return InvalidField("target", "must be 1 to 1,000 bytes");
  }
  order.target = request.target();
  if (!request.device().empty() && !IsValidDevice(request.device())) {
    return InvalidField("device", "must be 1 to 64 of A-Z a-z 0-9 . _ : -, or empty");
  }
  order.device = request.device();
  CROSSPOINT_ASSIGN_OR_RETURN(order.request_id, ParseRequestId(request.request_id()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto result, desk_.Dispatch(order, call.steady_deadline));
  response.set_command_id(order.request_id);
  response.set_outcome(static_cast<v1::Outcome>(result.outcome));
  response.set_detail(result.detail);
  return absl::OkStatus();
}

}  // namespace crosspoint::gateway
