#include "common/redis/reply.h"

#include <charconv>

#include "absl/status/status.h"

namespace crosspoint {
namespace {

const char* NameOf(RedisReply::Type type) {
  switch (type) {
    case RedisReply::Type::kNil:
      return "nil";
    case RedisReply::Type::kInteger:
      return "an integer";
    case RedisReply::Type::kString:
      return "a string";
    case RedisReply::Type::kStatus:
      return "a status";
    case RedisReply::Type::kError:
      return "an error";
    case RedisReply::Type::kArray:
      return "an array";
  }
  return "?";
}

absl::Status Unexpected(const char* wanted, RedisReply::Type got) {
  return absl::InternalError(std::string("Redis answered ") + NameOf(got) + " where " + wanted + " was expected");
}

}  // namespace

int64_t RedisReply::integer() const {
  const auto* value = std::get_if<int64_t>(&value_);
  return value ? *value : 0;
}

std::string RedisReply::text() && {
  auto* value = std::get_if<std::string>(&value_);
  return value ? std::move(*value) : std::string();
}

std::vector<RedisReply> RedisReply::array() && {
  auto* value = std::get_if<std::vector<RedisReply>>(&value_);
  return value ? std::move(*value) : std::vector<RedisReply>();
}

const std::string& RedisReply::text() const& {
  static const std::string kEmpty;
  const auto* value = std::get_if<std::string>(&value_);
  return value ? *value : kEmpty;
}

const std::vector<RedisReply>& RedisReply::array() const& {
  static const std::vector<RedisReply> kEmpty;
  const auto* value = std::get_if<std::vector<RedisReply>>(&value_);
  return value ? *value : kEmpty;
}

std::vector<RedisReply>& RedisReply::mutable_array() {
  if (!std::holds_alternative<std::vector<RedisReply>>(value_)) {
    type_ = Type::kArray;
    value_.emplace<std::vector<RedisReply>>();
  }
  return std::get<std::vector<RedisReply>>(value_);
}

absl::StatusOr<int64_t> RedisReply::AsInteger() const {
  if (type_ == Type::kInteger) return integer();
  const auto& digits = text();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (type_ != Type::kString || error != std::errc{} || end != digits.data() + digits.size()) {
    return Unexpected("an integer", type_);
  }
  return value;
}

absl::StatusOr<std::string> RedisReply::AsString() const {
  if (type_ != Type::kString && type_ != Type::kStatus) return Unexpected("a string", type_);
  return text();
}

}  // namespace crosspoint
