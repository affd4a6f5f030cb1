#include "connectors/ews/client.h"

#include "common/status/status.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {

absl::StatusOr<ResolvedNames> EwsClient::ResolveNames(const ResolveNamesQuery& query, const EwsCall& call) {
  if (Trim(query.text).empty()) return InvalidField("text", "must not be blank");
  if (!query.folders.empty() && query.scope == SearchScope::kActiveDirectory) {
    return InvalidField("folders", "are not looked into with this scope");
  }
  return transport_->Call("ResolveNames", WriteResolveNames(transport_->Header(call), query), call, Effect::kReads,
                          ReadResolveNames);
}

absl::StatusOr<Photo> EwsClient::GetUserPhoto(const std::string& email, const std::string& size,
                                              const std::string& known_etag, const EwsCall& call) {
  if (Trim(email).empty()) return InvalidField("email", "must not be blank");
  return transport_->Run("GetUserPhoto", call, Effect::kReads, [&](const EwsCall& attempt) -> absl::StatusOr<Photo> {
    // The interface knows no impersonation here: photos are for everybody who may log in.
    RequestHeader header = transport_->Header(attempt);
    header.impersonate.clear();
    std::vector<http::Header> headers;
    if (!known_etag.empty()) headers.push_back({"If-None-Match", known_etag});
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response, transport_->ExchangeRaw(WriteGetUserPhoto(header, email, size),
                                                                             attempt, Effect::kReads, headers));
    std::string etag(response.Get("ETag"));
    if (response.status == 304) {
      return Photo{.state = Photo::State::kNotModified, .etag = etag.empty() ? known_etag : etag};
    }
    // 404 without SOAP in it says that there is no picture; with a fault in it, whatever the fault says.
    if (response.status == 404 && ResponseCodeOf(transport_->ErrorOf(response)).empty()) return Photo{};
    if (response.status != 200) return transport_->ErrorOf(response);
    CROSSPOINT_ASSIGN_OR_RETURN(Photo photo, ReadGetUserPhoto(response.body, transport_->limits()));
    if (photo.state == Photo::State::kPhoto) photo.etag = std::move(etag);
    if (photo.state == Photo::State::kNotModified) photo.etag = etag.empty() ? known_etag : std::move(etag);
    return photo;
  });
}

}  // namespace crosspoint::ews
