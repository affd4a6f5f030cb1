#include "contact/api/export_stream.h"

#include <chrono>
#include <utility>

#include "contact/domain/contact_file.h"

namespace crosspoint::contact {
namespace {

constexpr size_t kContactsPerMessage = 100;
constexpr std::chrono::seconds kReadLimit{5};

}  // namespace

void ExportStream::Start(Contacts& contacts, const UserId& owner, std::shared_ptr<Stream> stream) {
  auto exporting = std::make_shared<ExportStream>(contacts, owner, stream);
  stream->OnWritable([exporting] { exporting->Pump(); });
  exporting->Pump();
}

void ExportStream::Pump() {
  const std::lock_guard lock(mu_);
  while (!stream_->closed()) {
    const auto page = contacts_.List(owner_, after_, kContactsPerMessage, std::nullopt,
                                     std::chrono::steady_clock::now() + kReadLimit);
    if (!page.ok()) return stream_->Finish(page.status());
    v1::ExportContactsResponse message;
    for (const auto& contact : page->contacts) message.mutable_content()->append(WriteVcard(contact));
    if (!message.content().empty() && !stream_->Write(message)) return;
    if (page->last_id.empty()) return stream_->Finish(absl::OkStatus());
    after_ = page->last_id;
  }
}

}  // namespace crosspoint::contact
