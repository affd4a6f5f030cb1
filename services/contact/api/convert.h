#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "contact/app/mailbox_ports.h"
#include "crosspoint/contact/v1/contact_service.pb.h"

namespace crosspoint::contact {

::crosspoint::contact::v1::Contact ToProto(const UserId& owner, const Contact& contact);
::crosspoint::contact::v1::ContactSource ToProto(Source source);
::crosspoint::contact::v1::MailboxSync ToProto(const UserId& user, const SyncPoint& point);
::crosspoint::contact::v1::UploadContactsResponse ResultOf(const Upload& upload);

// What a caller may set; checked and completed elsewhere.
Facts FromProto(const ::crosspoint::contact::v1::Contact& contact);
//   kInvalidArgument  names `field`; not OUTLOOK, APPLE or FILE
absl::StatusOr<Source> UploadSource(::crosspoint::contact::v1::ContactSource source, const std::string& field);
// nullopt when unset.  kInvalidArgument names `field`
absl::StatusOr<std::optional<Source>> SourceFilter(::crosspoint::contact::v1::ContactSource source,
                                                   const std::string& field);

std::string EtagOf(const Contact& contact);
// 0 when empty.  kInvalidArgument names `field`
absl::StatusOr<uint64_t> ParseEtag(const std::string& etag, const std::string& field);
// OK also when empty.
absl::Status CheckRequestId(const std::string& request_id);
// Equal for equal messages.
std::string Fingerprint(const google::protobuf::Message& request);

}  // namespace crosspoint::contact
