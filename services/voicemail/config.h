#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include "common/grpcx/channel.h"
#include "common/redis/redis_config.h"
#include "connectors/ews/autodiscover/settings.h"
#include "connectors/ews/settings.h"
#include "connectors/smtp/config.h"
#include "voicemail/app/sync_keeper.h"
#include "voicemail/app/user_book.h"
#include "voicemail/domain/wav_reader.h"

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::voicemail {

struct TenantConfig {
  TenantRules rules;
  ews::EwsSettings ews;
  ews::AutodiscoverOptions autodiscover;  // which of its servers has a mailbox
};

struct VoicemailConfig {
  RedisConfig redis;
  grpcx::ChannelConfig directory;
  grpcx::ChannelConfig meeting_sync;
  grpcx::ChannelConfig contact;  // without a target callers are named by the directory alone
  grpcx::ChannelConfig gateway;  // without a target devices cannot be reached
  smtp::SmtpConfig smtp;
  std::map<std::string, TenantConfig> tenants;
  std::filesystem::path blobs;  // directory of the audio, on a disk that lasts
  WavLimits audio;
  int max_messages = 1'000;  // of a mailbox, deleted ones aside
  int max_uploads = 256;     // at once
  std::chrono::milliseconds upload_patience{60'000};
  SyncTiming sync;
  std::chrono::milliseconds lease{10'000};  // of a mailbox that is read; renewed meanwhile
  int workers = 4;                          // threads that read mailboxes
  int upload_threads = 8;                   // that wait for the disk
  int delivery_threads = 8;                 // that write into mailboxes and send mails
  std::chrono::milliseconds watch_look{1'000};
  std::chrono::milliseconds sweep{3'600'000};
};

void BindConfig(config::Binder& binder, TenantConfig& config);
void BindConfig(config::Binder& binder, VoicemailConfig& config);

}  // namespace crosspoint::voicemail
