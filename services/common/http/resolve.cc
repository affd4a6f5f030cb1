#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "common/http/probe.h"

namespace crosspoint::http {
namespace {

using Addresses = absl::StatusOr<std::vector<std::string>>;

Addresses Ask(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error == EAI_NONAME || error == EAI_NODATA) return absl::NotFoundError("no such name");
  if (error != 0) return absl::UnavailableError(gai_strerror(error));
  std::vector<std::string> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    if (std::find(addresses.begin(), addresses.end(), text.data()) == addresses.end()) {
      addresses.emplace_back(text.data());
    }
  }
  freeaddrinfo(found);
  if (addresses.empty()) return absl::NotFoundError("the name has no address");
  return addresses;
}

// Shared with the thread that asks: getaddrinfo cannot be interrupted and may outlive the caller's patience.
struct Question {
  std::mutex mu;
  std::condition_variable done;
  std::optional<Addresses> answer;  // guarded by mu
};

}  // namespace

Addresses Resolve(const std::string& host, SteadyTime deadline) {
  auto question = std::make_shared<Question>();
  std::thread([question, host] {
    Addresses answer = Ask(host);
    const std::lock_guard lock(question->mu);
    question->answer = std::move(answer);
    question->done.notify_all();
  }).detach();
  std::unique_lock lock(question->mu);
  if (!question->done.wait_until(lock, deadline, [&] { return question->answer.has_value(); })) {
    return absl::DeadlineExceededError("the name service does not answer");
  }
  return *question->answer;
}

}  // namespace crosspoint::http
