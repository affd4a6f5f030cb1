// What is left for users: taken whole and once, or refused with a reason and without a trace.
#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "common/ids/digest.h"
#include "tests/component/voicemail/world.h"

namespace crosspoint::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kUuid[] = "4f1c1d0e-9f0b-4c52-8f8e-0a8f7c1d2e3";  // and one digit more

class Deposits : public VoicemailWorld {
 protected:
  void ExpectRefused(const absl::Status& status, const std::string& field, const std::string& words) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(MessageOf(status), HasSubstr(words));
    const auto info = GetErrorInfo(status);
    ASSERT_TRUE(info) << status;
    EXPECT_EQ(info->metadata.at("field"), field);
  }
  // Sends parts as they are.
  absl::Status Send(const std::vector<v1::DepositMessageRequest>& parts) {
    v1::Voicemail made;
    const auto context = Soon();
    const auto writer = stub_->DepositMessage(context.get(), &made);
    for (const auto& part : parts) {
      if (!writer->Write(part)) break;
    }
    writer->WritesDone();
    return grpcx::FromGrpc(writer->Finish());
  }
  static v1::DepositMessageRequest Header() {
    v1::DepositMessageRequest part;
    part.mutable_header()->set_parent(kAda);
    return part;
  }
  static v1::DepositMessageRequest Audio(const std::string& bytes) {
    v1::DepositMessageRequest part;
    part.set_audio(bytes);
    return part;
  }
};

TEST_F(Deposits, HostileAudioIsRefusedNamingTheFieldAndLeavesNothing) {
  Start("limits: {audio_bytes: 200000, audio_length: 5s}\n");
  const auto good = MakeWav();
  ExpectRefused(Deposit("no wav at all, but long enough to be one").status(), "audio", "RIFF");
  ExpectRefused(Deposit(good.substr(0, 5'000)).status(), "audio", "missing");
  ExpectRefused(Deposit(good + std::string(64, '\0')).status(), "audio", "RIFF header says");
  ExpectRefused(Deposit(MakeWav({.milliseconds = 5'500})).status(), "audio", "at most 5 seconds");
  ExpectRefused(Deposit(MakeWav({.rate = 48'000, .milliseconds = 4'000})).status(), "audio", "at most 200000 bytes");
  ExpectRefused(Deposit(MakeWav({.tag = 0x55, .bits = 8})).status(), "audio", "format 85");
  ExpectRefused(Deposit("").status(), "audio", "nothing came");
  ExpectRefused(Deposit(good, "call me maybe").status(), "header.caller", "a number");
  ExpectRefused(Deposit(good, "", "no uuid").status(), "header.request_id", "UUID");
  EXPECT_TRUE(absl::IsNotFound(Deposit(good, "", "", 60'000, "tenants/acme/users/eve").status()));
  EXPECT_TRUE(List().empty());
  EXPECT_EQ(Blobs(), 0);
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "blobs" / ".incoming"));
  EXPECT_TRUE(Deposit(good).ok()) << "and the next good one is taken";
}

TEST_F(Deposits, PartsInTheWrongOrderAreRefused) {
  Start();
  ExpectRefused(Send({Audio("RIFF")}), "part", "header first");
  ExpectRefused(Send({Header(), Header()}), "part", "once");
  ExpectRefused(Send({Header(), Audio(std::string((64 << 10) + 1, 'x'))}), "part", "64 KiB");
  EXPECT_EQ(Blobs(), 0);
}

TEST_F(Deposits, RandomDamageNeverGetsInUnnoticed) {
  Start();
  std::mt19937 random(7);
  const auto good = MakeWav({.milliseconds = 200});
  int kept = 0;
  for (int round = 0; round < 150; ++round) {
    auto file = good;
    for (int i = 0; i < 3; ++i) file[random() % 48] = static_cast<char>(random());
    if (round % 3 == 0) file.resize(random() % file.size());
    const auto made = Deposit(file, "", "", 1 + random() % 4'000);
    if (made.ok()) {
      ++kept;
      EXPECT_EQ(made->sha256(), Sha256Hex(file));
    } else {
      EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << made.status();
    }
  }
  EXPECT_EQ(Blobs(), kept);
  EXPECT_TRUE(service_->Ready());
}

TEST_F(Deposits, CallersAreNamedByDirectoryContactsOrNotAtAll) {
  Start();
  const auto colleague = Deposit(MakeWav(), "202");
  ASSERT_TRUE(colleague.ok()) << colleague.status();
  EXPECT_EQ(colleague->caller_name(), "Name bob");
  EXPECT_EQ(colleague->caller_user(), kBob);
  EXPECT_EQ(Deposit(MakeWav(), "030 23125 088")->caller_name(), "Uncle Joe");
  EXPECT_EQ(Deposit(MakeWav(), "030 23125 088")->caller(), "+493023125088");
  EXPECT_EQ(Deposit(MakeWav(), "+493023125077")->caller_name(), "");
}

TEST_F(Deposits, ASilentCallerIsNotWaitedForForever) {
  Start("limits: {upload_patience: 300ms}\n");
  v1::Voicemail made;
  const auto context = Soon();
  const auto writer = stub_->DepositMessage(context.get(), &made);
  writer->Write(Header());
  const auto status = grpcx::FromGrpc(writer->Finish());
  EXPECT_EQ(GetErrorInfo(status)->reason, "UPLOAD_STALLED") << status;
  EXPECT_EQ(Blobs(), 0);
}

TEST_F(Deposits, AFullMailboxSaysSo) {
  Start("limits: {messages: 2}\n");
  EXPECT_TRUE(Deposit(MakeWav()).ok());
  EXPECT_TRUE(Deposit(MakeWav()).ok());
  EXPECT_EQ(GetErrorInfo(Deposit(MakeWav()).status())->reason, "MAILBOX_FULL");
  EXPECT_EQ(Blobs(), 2);
}

TEST_F(Deposits, WhatWasAcknowledgedBeforeAKillIsThereOnceAfterIt) {
  Start();
  std::atomic<bool> stop{false};
  std::atomic<int> next{0};
  std::vector<std::vector<std::string>> acknowledged(3);
  std::vector<std::thread> callers;
  for (size_t caller = 0; caller < acknowledged.size(); ++caller) {
    callers.emplace_back([&, caller] {
      while (!stop) {
        const auto number = next++ % 10'000;
        const auto made = Deposit(MakeWav({.milliseconds = 300, .seed = number}), fmt::format("{}", number));
        if (made.ok()) acknowledged[caller].push_back(made->name());
      }
    });
  }
  for (int round = 0; round < 5; ++round) {
    Pause(std::chrono::milliseconds(150 + 70 * round));
    Restart();
  }
  stop = true;
  for (auto& caller : callers) caller.join();

  std::map<std::string, v1::Voicemail> listed;
  v1::ListMessagesRequest request;
  request.set_parent(kAda);
  request.set_page_size(7);
  do {
    v1::ListMessagesResponse page;
    ASSERT_TRUE(stub_->ListMessages(Soon().get(), request, &page).ok());
    for (const auto& message : page.messages()) {
      EXPECT_TRUE(listed.emplace(message.name(), message).second) << "listed twice";
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  size_t count = 0;
  for (const auto& names : acknowledged) {
    for (const auto& name : names) {
      ++count;
      ASSERT_TRUE(listed.contains(name)) << "lost";
    }
  }
  EXPECT_GT(count, 5u);
  for (const auto& [name, message] : listed) {
    v1::StreamAudioRequest audio;
    audio.set_name(name);
    const auto context = Soon();
    const auto reader = stub_->StreamAudio(context.get(), audio);
    std::string bytes;
    for (v1::StreamAudioResponse piece; reader->Read(&piece);) bytes += piece.audio();
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(Sha256Hex(bytes), message.sha256());
  }
}

TEST_F(Deposits, TheSameRequestFromManyAtOnceIsOneMessage) {
  Start();
  std::vector<std::thread> callers;
  std::mutex mu;
  std::set<std::string> names;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      const auto made = Deposit(MakeWav(), "202", kUuid + std::string("f"));
      EXPECT_TRUE(made.ok()) << made.status();
      const std::lock_guard lock(mu);
      names.insert(made.ok() ? made->name() : "");
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(names.size(), 1u);
  EXPECT_EQ(List().size(), 1u);
  EXPECT_EQ(Blobs(), 1);
}

}  // namespace
}  // namespace crosspoint::testing
