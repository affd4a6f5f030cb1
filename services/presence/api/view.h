#pragma once

#include <string>

#include "common/grpcx/principal.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "presence/app/ports.h"
#include "presence/app/table_book.h"
#include "presence/domain/presence.h"

namespace crosspoint::presence {

// Presences as one caller may see them, in the look of their tenant. Made for one answer: what the tenant has set is
// looked up once. Where a tenant hides details, colleagues see neither notes nor ends; the user, administrators, the
// PBX and services do.
class View {
 public:
  // Both must outlive the view.
  View(const TableBook& tables, const grpcx::Principal& viewer) : tables_(tables), viewer_(viewer) {}

  void Render(const Presence& presence, v1::Presence& out);
  // Whether the viewer sees the details of everybody in the tenant.
  bool SeesAllDetails(const TenantId& tenant);
  // The same as a serialised field `presences` of WatchPresenceResponse; made once for all who see as much.
  const std::string& Rendered(const ToldPresence& told);

 private:
  void LookUp(const TenantId& tenant);
  bool SeesDetail(const UserId& user);

  const TableBook& tables_;
  const grpcx::Principal& viewer_;
  TenantId tenant_;
  SharedTable table_;  // of tenant_; null at first
  bool open_ = true;   // whether tenant_ shows details to all
};

}  // namespace crosspoint::presence
