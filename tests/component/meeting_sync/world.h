#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "connectors/ews/client.h"
#include "connectors/ews/properties.h"
#include "tests/component/meeting_sync/fakes.h"
#include "tests/component/meeting_sync/service_process.h"
#include "tests/support/exchange_process/exchange_process.h"
#include "tests/support/redis_server.h"
#include "tests/support/tcp_gate.h"

namespace crosspoint::testing {

inline constexpr char kAda[] = "tenants/acme/users/ada";
inline constexpr char kAdaAddress[] = "ada@corp.example";
inline constexpr char kBob[] = "tenants/acme/users/bob";
inline constexpr char kBobAddress[] = "bob@corp.example";

// A service with everything around it: real Redis, the Exchange simulator behind a gate that can be cut, presence and
// directory in memory. Every test has its own.
class MeetingSyncWorld : public ::testing::Test {
 protected:
  MeetingSyncWorld() {
    AddMailbox(kAdaAddress);
    AddMailbox(kBobAddress);
    directory_.Put("ada", kAdaAddress);
  }

  void AddMailbox(const std::string& address) {
    exchange_.Post("/sim/mailboxes", fmt::format(R"({{"email": "{}", "display_name": "{}"}})", address, address));
  }

  std::string Yaml() const {
    return fmt::format(
        "redis: {{address: 'unix:{}'}}\n"
        "presence: {{target: '{}', max_backoff: 300ms}}\n"
        "directory: {{target: '{}', max_backoff: 300ms}}\n"
        "sync: {{lease: 30s, lease_retry: 100ms, replica_lease: 1s, beat: 100ms, first_retry: 50ms, max_retry: "
        "500ms}}\n"
        "tenants:\n"
        "  acme:\n"
        "    ews: {{url: 'http://{}/EWS/Exchange.asmx', user: svc, password_file: '{}', allow_loopback: true}}\n",
        redis_.socket_path(), presence_.target(), directory_.target(), gate_.address(), exchange_.password_file());
  }
  std::unique_ptr<ServiceProcess> StartService() const { return std::make_unique<ServiceProcess>(Yaml()); }
  // Started, ready, and the mailbox of Ada read once.
  std::unique_ptr<ServiceProcess> StartSettled() {
    auto service = StartService();
    service->AwaitPorts();
    EXPECT_TRUE(service->AwaitReady()) << service->Get("/healthz").second;
    EXPECT_TRUE(AwaitRead(kAda));
    return service;
  }
  // Until the mailbox was synchronised, by the store.
  bool AwaitRead(const std::string& user) const {
    const auto id = user.substr(user.rfind('/') + 1);
    return Eventually([&] {
      return !redis_.Command({"HGET", "cp:{meeting_sync:acme:" + id + "}:sync", "state"}).text().empty();
    });
  }

  // From the begin of the test, so that the same words mean the same time all along it.
  TimePoint In(std::chrono::seconds time) const { return begin_ + time; }
  static ews::CalendarDraft Meeting(const std::string& subject, TimePoint start,
                                    std::chrono::seconds lasts = std::chrono::minutes(30)) {
    return {.subject = subject, .start = start, .end = start + lasts};
  }
  ews::ItemId Create(const ews::CalendarDraft& draft, const std::string& address = kAdaAddress) {
    const auto created = exchange_client_->CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = address});
    EXPECT_TRUE(created.ok()) << created.status();
    return created.value_or(ews::ItemId{});
  }
  ews::ItemId Update(const ews::ItemId& id, const ews::CalendarUpdate& update) {
    const auto updated =
        exchange_client_->UpdateCalendarItem(id, update, ews::Invitations::kNone, {.mailbox = kAdaAddress});
    EXPECT_TRUE(updated.ok()) << updated.status();
    return updated.value_or(ews::ItemId{});
  }
  void Delete(const ews::ItemId& id) {
    const auto status = exchange_client_->DeleteCalendarItem(id, ews::DeleteType::kMoveToDeletedItems,
                                                             ews::Invitations::kNone, {.mailbox = kAdaAddress});
    EXPECT_TRUE(status.ok()) << status;
  }

  const TimePoint begin_ = std::chrono::floor<std::chrono::seconds>(SystemClock().Now());
  RedisServer redis_;
  ExchangeProcess exchange_{{"--people", "0", "--heartbeat-ms", "200"}};
  TcpGate gate_{exchange_.base_url().substr(7)};
  FakePresence presence_;
  FakeDirectory directory_;
  // Straight to Exchange, as Outlook would.
  std::unique_ptr<ews::EwsClient> exchange_client_ =
      ews::EwsClient::Create({.url = exchange_.ews_url(),
                              .auth = ews::BasicAuth{"svc", exchange_.password_file()},
                              .allow_loopback = true})
          .value();
};

}  // namespace crosspoint::testing
