#pragma once

#include <memory>

#include "common/grpcx/stream.h"
#include "contact/app/upload_session.h"
#include "crosspoint/contact/v1/contact_service.pb.h"

namespace crosspoint::contact {

// One UploadContacts stream. Lives as long as the call.
class UploadStream : public std::enable_shared_from_this<UploadStream> {
 public:
  using Stream = grpcx::ClientStream<::crosspoint::contact::v1::UploadContactsRequest,
                                     ::crosspoint::contact::v1::UploadContactsResponse>;

  static void Start(Contacts& contacts, std::shared_ptr<Stream> stream);

  UploadStream(Contacts& contacts, std::shared_ptr<Stream> stream) : contacts_(contacts), stream_(std::move(stream)) {}

 private:
  // Called one after another by the stream.
  absl::Status Take(const ::crosspoint::contact::v1::UploadContactsRequest& request);
  absl::Status Begin(const ::crosspoint::contact::v1::UploadHeader& header);
  absl::Status Add(const ::crosspoint::contact::v1::ContactChange& change);
  void End();

  Contacts& contacts_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC, which drops its side when the call ends
  std::string region_;
  std::unique_ptr<UploadSession> session_;  // null before the header
};

}  // namespace crosspoint::contact
