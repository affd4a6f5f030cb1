#include "common/operations/outbox_operations.h"

#include <algorithm>
#include <charconv>

#include "common/status/status.h"

namespace crosspoint {
namespace {

constexpr size_t kDefaultPage = 50;
constexpr size_t kLargestPage = 500;
constexpr size_t kLargestOffset = 1'000'000;

}  // namespace

void OutboxOperations::Bind(grpcx::Methods& methods) {
  methods.Unary("ListDeadLetters", this, &OutboxOperations::ListDeadLetters);
  methods.Unary("ReplayDeadLetter", this, &OutboxOperations::ReplayDeadLetter);
}

absl::Status OutboxOperations::ListDeadLetters(const admin::v1::ListDeadLettersRequest& request,
                                               const grpcx::Call& call, admin::v1::ListDeadLettersResponse& response) {
  if (request.page_size() < 0) return InvalidField("page_size", "0 to 500");
  const auto size =
      request.page_size() == 0 ? kDefaultPage : std::min(static_cast<size_t>(request.page_size()), kLargestPage);
  size_t offset = 0;
  const auto& token = request.page_token();
  const auto* end = token.data() + token.size();
  const auto parsed = std::from_chars(token.data(), end, offset);
  if (!token.empty() && (parsed.ec != std::errc{} || parsed.ptr != end || offset > kLargestOffset)) {
    return InvalidField("page_token", "next_page_token of the previous answer");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto letters, outbox_.ListDeadLetters(offset + size + 1, call.steady_deadline));
  for (size_t i = offset; i < std::min(letters.size(), offset + size); ++i) {
    auto& letter = *response.add_dead_letters();
    letter.set_name(letters[i].stream + "/" + letters[i].id);
    letter.set_type(letters[i].entry.type);
    letter.set_error(letters[i].reason);
    letter.set_attempts(letters[i].attempts);
    letter.mutable_create_time()->set_seconds(letters[i].failed_at.count() / 1000);
  }
  if (letters.size() > offset + size) response.set_next_page_token(std::to_string(offset + size));
  return absl::OkStatus();
}

absl::Status OutboxOperations::ReplayDeadLetter(const admin::v1::ReplayDeadLetterRequest& request,
                                                const grpcx::Call& call,
                                                admin::v1::ReplayDeadLetterResponse& /*response*/) {
  const auto& name = request.name();
  const auto slash = name.rfind('/');
  // The name leads to a key, so it must be one of ours.
  if (slash == std::string::npos || !name.starts_with(own_keys_)) {
    return InvalidField("name", "name of a dead letter");
  }
  return outbox_.ReplayDeadLetter(name.substr(0, slash), name.substr(slash + 1), call.steady_deadline);
}

}  // namespace crosspoint
