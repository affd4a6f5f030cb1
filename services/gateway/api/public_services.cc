#include "gateway/api/public_services.h"

#include <google/protobuf/descriptor.h>

#include "crosspoint/admin/v1/operations_service.pb.h"
#include "crosspoint/contact/v1/contact_service.pb.h"
#include "crosspoint/directory/v1/connector_service.pb.h"
#include "crosspoint/directory/v1/directory_service.pb.h"
#include "crosspoint/directory/v1/tenant_service.pb.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "crosspoint/presence/v1/call_routing_service.pb.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "crosspoint/voicemail/v1/voicemail_service.pb.h"

namespace crosspoint::gateway {
namespace {

// All services of the file that `message` stands in.
void AddFile(const google::protobuf::Descriptor* message, const std::string& backend,
             std::vector<PublicService>& services) {
  const auto* const file = message->file();
  for (int i = 0; i < file->service_count(); ++i) services.push_back({file->service(i)->full_name(), backend});
}

}  // namespace

const std::vector<PublicService>& PublicServices() {
  static const auto kServices = [] {
    std::vector<PublicService> services;
    AddFile(directory::v1::User::descriptor(), "directory", services);
    AddFile(directory::v1::Tenant::descriptor(), "directory", services);
    AddFile(directory::v1::ExchangeConnector::descriptor(), "directory", services);
    AddFile(presence::v1::Presence::descriptor(), "presence", services);
    AddFile(presence::v1::RoutingProfile::descriptor(), "presence", services);
    AddFile(meeting_sync::v1::Meeting::descriptor(), "meeting-sync", services);
    AddFile(voicemail::v1::Voicemail::descriptor(), "voicemail", services);
    AddFile(contact::v1::Contact::descriptor(), "contact", services);
    AddFile(admin::v1::DeadLetter::descriptor(), "", services);
    return services;
  }();
  return kServices;
}

}  // namespace crosspoint::gateway
