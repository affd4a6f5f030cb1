#include "exchange_sim/server/journal.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "common/status/status.h"

namespace crosspoint::exchange_sim {
namespace {

using nlohmann::json;

json ToJson(const Journal::Entry& entry) {
  json line = {{"now", entry.moment.now}, {"random", entry.moment.random}, {"body", entry.body}};
  if (!entry.path.empty()) {
    line["path"] = entry.path;
    return line;
  }
  line["operation"] = entry.operation;
  line["zone"] = entry.zone;
  line["account"] = entry.caller.account;
  line["may_impersonate"] = entry.caller.may_impersonate;
  line["impersonated"] = entry.caller.impersonated;
  line["mailbox"] = entry.caller.mailbox;
  return line;
}

// Throws json::exception.
Journal::Entry FromJson(const json& line) {
  Journal::Entry entry;
  entry.moment = {line.at("now").get<Seconds>(), line.at("random").get<uint64_t>()};
  entry.body = line.at("body").get<std::string>();
  if (line.contains("path")) {
    entry.path = line["path"].get<std::string>();
    return entry;
  }
  entry.operation = line.at("operation").get<std::string>();
  entry.zone = line.at("zone").get<std::string>();
  entry.caller = {line.at("account").get<std::string>(), line.at("may_impersonate").get<bool>(),
                  line.at("impersonated").get<std::string>(), line.at("mailbox").get<uint64_t>()};
  return entry;
}

}  // namespace

bool Journal::Changes(std::string_view operation) {
  static const std::set<std::string_view> changing = {
      "CreateItem",       "UpdateItem",       "DeleteItem",   "SendItem",     "MoveItem",     "CopyItem",
      "CreateAttachment", "DeleteAttachment", "CreateFolder", "UpdateFolder", "DeleteFolder", "SetUserOofSettings"};
  return changing.contains(operation);
}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(const std::string& file, int people, uint64_t seed) {
  std::unique_ptr<Journal> journal(new Journal);
  const bool known = std::filesystem::exists(file);
  if (known) CROSSPOINT_RETURN_IF_ERROR(journal->Read(file, people, seed));
  journal->out_.open(file, std::ios::app | std::ios::binary);
  if (!journal->out_) return absl::InvalidArgumentError("journal: cannot write " + file);
  if (!known) {
    journal->birth_ = Birth::Fresh();
    journal->WriteLine(
        json{{"people", people}, {"seed", seed}, {"began", journal->birth_.began}, {"epoch", journal->birth_.epoch}}
            .dump());
  }
  return journal;
}

absl::Status Journal::Read(const std::string& file, int people, uint64_t seed) {
  std::ifstream in(file, std::ios::binary);
  std::string line;
  std::uintmax_t whole = 0;
  try {
    while (std::getline(in, line) && !in.eof()) {
      const json read = json::parse(line);
      if (whole != 0) {
        past_.push_back(FromJson(read));
      } else if (read.at("people") != people || read.at("seed") != seed) {
        return absl::InvalidArgumentError("journal: " + file + " is of a company with other --people or --seed");
      } else {
        birth_ = {read.at("began").get<Seconds>(), read.at("epoch").get<uint64_t>()};
      }
      whole += line.size() + 1;
    }
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError("journal: " + file + " is none: " + error.what());
  }
  if (whole == 0) return absl::InvalidArgumentError("journal: " + file + " is none: it has no first line");
  std::filesystem::resize_file(file, whole);
  return absl::OkStatus();
}

void Journal::Write(const Entry& entry) { WriteLine(ToJson(entry).dump()); }

void Journal::WriteLine(const std::string& line) {
  const std::lock_guard lock(mu_);
  // Handed to the kernel, which outlives this process; a crash of the machine is not provided for.
  out_ << line << '\n' << std::flush;
}

}  // namespace crosspoint::exchange_sim
