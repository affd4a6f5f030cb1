#include "directory/domain/tenant.h"

#include "common/phone/phone_number.h"
#include "common/status/status.h"
#include "common/text/fold.h"

namespace crosspoint::directory {
namespace {

constexpr size_t kMaxName = 256;

}  // namespace

absl::Status ValidateTenant(const Tenant& tenant, std::string_view prefix) {
  const auto field = [prefix](std::string_view name) { return std::string(prefix) + "." + std::string(name); };
  if (!IsValidSegment(tenant.id.value)) {
    return InvalidField(field("name"), "must be tenants/{tenant}, the last part 1 to 63 of a-z, 0-9 and -");
  }
  if (tenant.display_name.empty() || tenant.display_name.size() > kMaxName || !IsCleanUtf8(tenant.display_name)) {
    return InvalidField(field("display_name"), "must be 1 to 256 bytes of text");
  }
  if (!tenant.region.empty() && !phone::IsRegion(tenant.region)) {
    return InvalidField(field("region"), "must be a country of ISO 3166-1 such as DE, or empty");
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::directory
