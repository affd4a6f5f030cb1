#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "common/grpcx/stream.h"
#include "contact/app/contacts.h"
#include "crosspoint/contact/v1/contact_service.pb.h"

namespace crosspoint::contact {

// One ExportContacts stream: reads page by page as the reader takes it. Lives as long as the call.
class ExportStream : public std::enable_shared_from_this<ExportStream> {
 public:
  using Stream = grpcx::ServerStream<::crosspoint::contact::v1::ExportContactsResponse>;

  static void Start(Contacts& contacts, const UserId& owner, std::shared_ptr<Stream> stream);

  ExportStream(Contacts& contacts, UserId owner, std::shared_ptr<Stream> stream)
      : contacts_(contacts), owner_(std::move(owner)), stream_(std::move(stream)) {}

 private:
  void Pump();

  Contacts& contacts_;
  const UserId owner_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC, which drops its side when the call ends
  std::mutex mu_;
  std::string after_;  // guarded by mu_; behind what was written
};

}  // namespace crosspoint::contact
