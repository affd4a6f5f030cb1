// How fast the Exchange client reads pages of a calendar, against libxml2 by itself and against exchangelib, and what
// the first reading of a large calendar costs. See README.md in the folder above.
#include <fmt/format.h>
#include <libxml/xmlreader.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "common/http/client.h"
#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/properties.h"
#include "tests/support/exchange_process/exchange_process.h"

namespace crosspoint::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr char kMailbox[] = "large@corp.example";
constexpr int kItems = 50'000;
constexpr int kRounds = 7;
constexpr std::chrono::milliseconds kRound{700};

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "bench connector: {}\n", why);
  std::exit(1);
}

template <class T>
T Must(absl::StatusOr<T> result, const char* what) {
  if (!result.ok()) Die(fmt::format("{}: {}", what, MessageOf(result.status())));
  return *std::move(result);
}

// A figure of /proc/self/status in kB.
long OwnMemory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::atol(line.c_str() + name.size() + 1);
  }
  return 0;
}

// Makes the next reading of VmHWM start from what is used now.
void ForgetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double PerSecond(const std::function<void()>& once) {
  const auto begin = SteadyClock::now();
  int runs = 0;
  do {
    once();
    ++runs;
  } while (SteadyClock::now() - begin < kRound);
  return runs / std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

// What libxml2 needs to go through every node of the text once, and nothing else.
void ReadBare(const std::string& xml) {
  auto* const reader =
      xmlReaderForMemory(xml.data(), static_cast<int>(xml.size()), nullptr, nullptr, XML_PARSE_NONET | XML_PARSE_HUGE);
  int result = 0;
  size_t elements = 0;
  while ((result = xmlTextReaderRead(reader)) == 1) ++elements;
  xmlFreeTextReader(reader);
  if (result != 0 || elements == 0) Die("libxml2 cannot read a page");
}

// A page as it travels, 512 items.
class Pages {
 public:
  explicit Pages(testing::ExchangeProcess& exchange) : url_(exchange.ews_url()), http_(Loopback()) {
    std::ifstream file(exchange.password_file());
    std::getline(file, password_);
  }

  std::string Sync() {
    return Post(ews::WriteSyncFolderItems(Header(), ews::FolderRef::Calendar(), "", 512,
                                          {ews::CrosspointAvailabilityStatePath(), ews::CrosspointIdPath()}));
  }
  std::string Find() {
    ews::CalendarViewQuery query;
    query.start = SystemClock().Now();
    query.end = query.start + std::chrono::hours(24 * 700);
    query.max_entries = 512;
    query.properties = {ews::CrosspointAvailabilityStatePath(), ews::CrosspointIdPath()};
    return Post(ews::WriteFindCalendarView(Header(), query));
  }

 private:
  static http::HttpClientConfig Loopback() {
    http::HttpClientConfig config;
    config.addresses.allow_loopback = true;
    return config;
  }
  static ews::RequestHeader Header() {
    return {.server_version = "Exchange2016", .impersonate = kMailbox, .time_zone = ""};
  }
  std::string Post(std::string body) {
    http::HttpRequest request{.method = "POST", .url = url_, .body = std::move(body)};
    request.headers = {{"Content-Type", "text/xml; charset=utf-8"}};
    request.credentials = http::BasicCredentials{"svc", password_};
    request.max_response_bytes = 32u << 20;
    request.timeout = std::chrono::seconds(60);
    const auto response = Must(http_.Send(request), "fetch a page");
    if (response.status != 200) Die(fmt::format("a page came with HTTP {}", response.status));
    return response.body;
  }

  const std::string url_;
  std::string password_;
  http::HttpClient http_;
};

struct Speed {
  double pages = 0;  // read a second, by us
  double ratio = 0;  // over libxml2
};

Speed Compare(const std::string& what, const std::string& page, const std::function<size_t(const std::string&)>& read) {
  const size_t items = read(page);
  if (items < 500) Die(fmt::format("the {} page has {} items only", what, items));
  std::vector<double> ours, bare;
  for (int round = 0; round < kRounds; ++round) {
    ours.push_back(PerSecond([&] { read(page); }));
    bare.push_back(PerSecond([&] { ReadBare(page); }));
  }
  const Speed speed{Median(ours), Median(ours) / Median(bare)};
  fmt::print("{}: {} items, {} kB; ours {:.0f} pages/s, libxml2 alone {:.0f} pages/s, ratio {:.3f}\n", what, items,
             page.size() / 1024, speed.pages, Median(bare), speed.ratio);
  return speed;
}

// Pages a second of exchangelib reading the same files; it prints them in the order given.
std::vector<double> Exchangelib(const std::filesystem::path& sync, const std::filesystem::path& find) {
  const auto script = std::filesystem::path(CROSSPOINT_SOURCE_DIR) / "tests/bench/connector/exchangelib_pages.py";
  const auto command = fmt::format("/usr/bin/python3 {} {} {}", script.string(), sync.string(), find.string());
  FILE* const output = popen(command.c_str(), "r");
  std::vector<double> pages(2);
  if (output == nullptr || std::fscanf(output, "%lf %lf", &pages[0], &pages[1]) != 2) Die("exchangelib did not answer");
  if (pclose(output) != 0) Die("exchangelib failed");
  return pages;
}

// What a service keeps of an item.
struct Kept {
  std::string id;
  std::string change_key;
  TimePoint start;
  TimePoint end;
};

void ReadLargeCalendar(testing::ExchangeProcess& exchange, double& items_per_s, double& peak_mb) {
  auto client = Must(ews::EwsClient::Create({.url = exchange.ews_url(),
                                             .auth = ews::BasicAuth{"svc", exchange.password_file()},
                                             .allow_loopback = true,
                                             .server_version = "Exchange2016"}),
                     "make a client");
  const ews::EwsCall call{.mailbox = kMailbox};
  Must(client->GetFolder(ews::FolderRef::Calendar(), call), "open the calendar");
  ForgetPeak();
  const long idle = OwnMemory("VmRSS");
  std::vector<Kept> kept;
  std::string state;
  const auto begin = SteadyClock::now();
  for (bool last = false; !last;) {
    auto page = Must(client->SyncFolderItems(ews::FolderRef::Calendar(), state, 512,
                                             {ews::CrosspointAvailabilityStatePath(), ews::CrosspointIdPath()}, call),
                     "read a page");
    for (auto& change : page.changes) {
      if (change.item) kept.push_back({change.id.id, change.id.change_key, change.item->start, change.item->end});
    }
    state = std::move(page.sync_state);
    last = page.includes_last;
  }
  items_per_s = static_cast<double>(kept.size()) / std::chrono::duration<double>(SteadyClock::now() - begin).count();
  peak_mb = static_cast<double>(OwnMemory("VmHWM") - idle) / 1024;
  if (kept.size() != kItems) Die(fmt::format("read {} of {} items", kept.size(), kItems));
  fmt::print("first reading of {} items: {:.0f} items/s with the simulator's own time, peak {:.1f} MB over idle\n",
             kItems, items_per_s, peak_mb);
}

void WriteFile(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

int Run() {
  testing::ExchangeProcess exchange({"--people", "1"});
  exchange.Post("/sim/mailboxes", fmt::format(R"({{"email": "{}", "display_name": "Large"}})", kMailbox));
  exchange.Post("/sim/meetings", fmt::format(R"({{"email": "{}", "count": {}}})", kMailbox, kItems));

  double items_per_s = 0;
  double peak_mb = 0;
  ReadLargeCalendar(exchange, items_per_s, peak_mb);

  Pages pages(exchange);
  const std::string sync = pages.Sync();
  const std::string find = pages.Find();
  const Speed synced = Compare("SyncFolderItems", sync, [](const auto& xml) {
    return Must(ews::ReadSyncFolderItems(xml), "sync").changes.size();
  });
  const Speed found =
      Compare("FindItem", find, [](const auto& xml) { return Must(ews::ReadFindItem(xml), "find").items.size(); });

  std::string folder = (std::filesystem::temp_directory_path() / "crosspoint-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) Die("no temporary folder");
  const std::filesystem::path dir(folder);
  WriteFile(dir / "sync.xml", sync);
  WriteFile(dir / "find.xml", find);
  const auto theirs = Exchangelib(dir / "sync.xml", dir / "find.xml");
  std::filesystem::remove_all(dir);
  fmt::print("exchangelib: SyncFolderItems {:.2f} pages/s, FindItem {:.2f} pages/s\n", theirs[0], theirs[1]);

  fmt::print("ratio={:.3f} vs_exchangelib={:.1f} items_per_s={:.0f} peak_mb={:.1f}\n",
             std::min(synced.ratio, found.ratio), std::min(synced.pages / theirs[0], found.pages / theirs[1]),
             items_per_s, peak_mb);
  return 0;
}

}  // namespace
}  // namespace crosspoint::bench

int main() { return crosspoint::bench::Run(); }
