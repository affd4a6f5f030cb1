#pragma once

#include <atomic>
#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace crosspoint {

// One segment of a resource name: 1 to 63 of [a-z0-9-], beginning with a letter or digit.
bool IsValidSegment(std::string_view segment);

struct TenantId {
  std::string value;
  auto operator<=>(const TenantId&) const = default;

  std::string Name() const { return "tenants/" + value; }
  // Parses "tenants/{tenant}". kInvalidArgument names `field`.
  static absl::StatusOr<TenantId> Parse(std::string_view name, std::string_view field = "name");
};

// A user of the telephony system. The id never changes and is neither e-mail nor extension.
struct UserId {
  TenantId tenant;
  std::string value;
  auto operator<=>(const UserId&) const = default;

  std::string Name() const { return tenant.Name() + "/users/" + value; }
  // Parses "tenants/{tenant}/users/{user}". kInvalidArgument names `field`.
  static absl::StatusOr<UserId> Parse(std::string_view name, std::string_view field = "name");
};

// Where new ids come from; injected so that tests are repeatable. Thread-safe.
class IdSource {
 public:
  virtual ~IdSource() = default;
  // A fresh, unguessable segment: `prefix` and 26 characters of [0-9a-z] (128 random bits).
  virtual std::string NewId(std::string_view prefix) = 0;
};

// Ids from the system's cryptographic random source.
class RandomIdSource final : public IdSource {
 public:
  std::string NewId(std::string_view prefix) override;
};

// For tests: prefix0001, prefix0002, …
class SequentialIdSource final : public IdSource {
 public:
  std::string NewId(std::string_view prefix) override;

 private:
  std::atomic<int> next_{1};
};

}  // namespace crosspoint

template <>
struct std::hash<crosspoint::UserId> {
  size_t operator()(const crosspoint::UserId& id) const noexcept {
    return std::hash<std::string>{}(id.tenant.value) * 31 + std::hash<std::string>{}(id.value);
  }
};
