#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace crosspoint {

// One answer of Redis (RESP2), a value. Error replies to a command become a Status before they reach a caller; kError
// is met only inside arrays.
class RedisReply {
 public:
  enum class Type { kNil, kInteger, kString, kStatus, kError, kArray };

  RedisReply() = default;
  static RedisReply Nil() { return {}; }
  static RedisReply Integer(int64_t value) { return RedisReply(Type::kInteger, value); }
  static RedisReply String(std::string value) { return RedisReply(Type::kString, std::move(value)); }
  static RedisReply SimpleString(std::string value) { return RedisReply(Type::kStatus, std::move(value)); }
  static RedisReply Error(std::string value) { return RedisReply(Type::kError, std::move(value)); }
  static RedisReply Array(std::vector<RedisReply> value) { return RedisReply(Type::kArray, std::move(value)); }

  Type type() const { return type_; }
  bool is_nil() const { return type_ == Type::kNil; }
  bool is_error() const { return type_ == Type::kError; }
  bool is_array() const { return type_ == Type::kArray; }

  // Lenient views, for replies whose shape the command fixes: a wrong type reads as 0, "" or an empty array. A
  // temporary gives its content away, so that a loop over `Call(…)->array()` of one does not dangle.
  int64_t integer() const;
  const std::string& text() const&;  // of kString, kStatus and kError
  std::string text() &&;
  const std::vector<RedisReply>& array() const&;
  std::vector<RedisReply> array() &&;
  std::vector<RedisReply>& mutable_array();  // turns any other reply into an empty array first

  // Strict views. kInternal says what came instead. AsInteger also reads decimal strings.
  absl::StatusOr<int64_t> AsInteger() const;
  absl::StatusOr<std::string> AsString() const;

  bool operator==(const RedisReply&) const = default;

 private:
  using Value = std::variant<std::monostate, int64_t, std::string, std::vector<RedisReply>>;
  RedisReply(Type type, Value value) : type_(type), value_(std::move(value)) {}

  Type type_ = Type::kNil;
  Value value_;
};

}  // namespace crosspoint
