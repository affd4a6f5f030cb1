#include "voicemail/app/delivery.h"

#include "common/status/status.h"
#include "voicemail/domain/blob_key.h"

namespace crosspoint::voicemail {

absl::Status Delivery::Deliver(const DeliveryOrder& order, Deadline deadline) {
  return order.kind == DeliveryOrder::Kind::kCopy ? copies_.Write(order.user, order.id)
                                                  : Notify(order.user, order.id, deadline);
}

absl::Status Delivery::Notify(const UserId& user, const VoicemailId& id, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, store_.Get(user, id));
  if (!message || message->delete_time) return absl::OkStatus();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto settings, store_.GetSettings(user));
  // Switched off meanwhile: nobody wants it any more.
  if (settings.type != DeliveryType::kNotify) return absl::OkStatus();
  std::string audio;
  if (settings.attach_audio) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto blob, blobs_.Open(MessageBlob(user, id)));
    CROSSPOINT_ASSIGN_OR_RETURN(audio, blob->Read(0, static_cast<size_t>(message->audio.bytes)));
  }
  return notifier_.Notify(user, *message, settings.notify_address, audio, deadline);
}

}  // namespace crosspoint::voicemail
