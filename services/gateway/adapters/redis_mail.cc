#include "gateway/adapters/redis_mail.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/redis/blocking_connection.h"
#include "common/status/status.h"
#include "gateway/adapters/gateway_keys.h"

namespace crosspoint::gateway {
namespace {

using Json = nlohmann::json;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kBlock{5};
constexpr std::chrono::milliseconds kRetry{200};

std::string Encode(const Letter& letter) {
  const auto bytes = Json::to_msgpack(
      Json::array({static_cast<int>(letter.kind), letter.owner.tenant.value, letter.owner.value, letter.session,
                   letter.request_id, Json::binary({letter.body.begin(), letter.body.end()})}));
  return {bytes.begin(), bytes.end()};
}

std::optional<Letter> Decode(const std::string& bytes) {
  const auto json = Json::from_msgpack(bytes.begin(), bytes.end(), /*strict=*/true, /*allow_exceptions=*/false);
  if (!json.is_array() || json.size() != 6 || !json[0].is_number_integer() || !json[5].is_binary()) return std::nullopt;
  for (size_t i = 1; i < 5; ++i) {
    if (!json[i].is_string()) return std::nullopt;
  }
  const auto& body = json[5].get_binary();
  return Letter{static_cast<Letter::Kind>(json[0].get<int>()),
                UserId{TenantId{json[1].get<std::string>()}, json[2].get<std::string>()}, json[3].get<std::string>(),
                json[4].get<std::string>(), std::string(body.begin(), body.end())};
}

}  // namespace

void RedisReplicaMail::Send(const std::string& replica, const Letter& letter) {
  const auto key = InboxKey(replica);
  const auto deadline = redis_.DefaultDeadline();
  redis_.CallAsync({"RPUSH", key, Encode(letter)}, deadline, [](const auto&) {});
  redis_.CallAsync({"PEXPIRE", key, "60000"}, deadline, [](const auto&) {});
}

void ReadMail(const RedisConfig& config, const std::string& address, log::Logger& log, std::stop_token stop,
              const std::function<void(const Letter&)>& take) {
  RedisBlockingConnection connection(config, "crosspoint-gateway-mail");
  const std::stop_callback interrupt(stop, [&connection] { connection.Interrupt(); });
  std::mutex mu;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    const auto reply = connection.Call({"BLPOP", InboxKey(address), std::to_string(kBlock.count())},
                                       steady_clock::now() + kBlock + std::chrono::seconds(2));
    if (!reply.ok()) {
      std::unique_lock lock(mu);
      wake.wait_for(lock, stop, kRetry, [] { return false; });
      continue;
    }
    if (reply->array().size() < 2) continue;  // nothing came
    const auto letter = Decode(reply->array()[1].text());
    if (letter) {
      take(*letter);
    } else {
      log.Error("gateway_letter_unreadable", {{"bytes", reply->array()[1].text().size()}});
    }
  }
}

}  // namespace crosspoint::gateway
