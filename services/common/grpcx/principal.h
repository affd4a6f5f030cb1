#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "common/ids/ids.h"

namespace crosspoint::grpcx {

// What a token may say its bearer is; see DESIGN, Authorization. The names in tokens are "user", "delegate",
// "integrator", "tenant_admin" and "operator"; others are ignored, identity providers have roles of their own.
enum class Role : uint8_t { kAnonymous = 1, kUser, kDelegate, kIntegrator, kTenantAdmin, kOperator };

class RoleSet {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) Add(role);
  }
  constexpr void Add(Role role) { bits_ |= Bit(role); }
  constexpr bool Has(Role role) const { return (bits_ & Bit(role)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr RoleSet operator&(RoleSet other) const {
    other.bits_ &= bits_;
    return other;
  }
  constexpr bool operator==(const RoleSet&) const = default;

 private:
  static constexpr uint8_t Bit(Role role) { return static_cast<uint8_t>(1u << static_cast<uint8_t>(role)); }
  uint8_t bits_ = 0;
};

// Who is calling, as far as verified.
struct Principal {
  enum class Kind : uint8_t {
    kAnonymous,  // no credentials; only where the policy allows it
    kUser,       // a verified token; `roles` says what its bearer is
    kService,    // another service by its certificate, without a user's token; `service` names it
    kUnchecked,  // authentication is off: user "local" of tenant "default", may call everything
  };

  Kind kind = Kind::kAnonymous;
  UserId user;  // empty value when the subject is no user of ours (a PBX, an operator); empty tenant: all tenants
  std::string subject;  // `sub` of the token as it stands, for audit
  RoleSet roles;
  std::string service;  // "meeting-sync"; only with kService

  const TenantId& tenant() const { return user.tenant; }
};

}  // namespace crosspoint::grpcx
