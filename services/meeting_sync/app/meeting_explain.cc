#include "meeting_sync/app/meeting_explain.h"

#include <chrono>
#include <cstdio>

namespace crosspoint::meeting_sync {
namespace {

std::string At(TimePoint time) {
  using namespace std::chrono;
  const auto second = floor<seconds>(time);
  const auto day = floor<days>(second);
  const year_month_day date(day);
  const hh_mm_ss clock(second - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::string Quoted(const std::string& text) { return "'" + text + "'"; }

}  // namespace

std::vector<std::string> Explain(const BridgeMeeting& record, const std::optional<Meeting>& item) {
  std::vector<std::string> steps;
  for (const auto& step : record.history) steps.push_back(At(step.time) + step.text);
  if (record.state == BridgeState::kPrepared) {
    steps.push_back("now: not sent, so it is no meeting; forgotten at " + At(record.expires));
    return steps;
  }
  if (!record.link) {
    steps.push_back(record.state == BridgeState::kCancelled ? "now: called off" : "now: on the bridge alone");
    return steps;
  }
  if (record.state == BridgeState::kCancelled) {
    steps.push_back("now: called off, the calendar item is still to be taken out of the mailbox");
    return steps;
  }
  if (!item) {
    steps.push_back("now: the calendar item cannot be read");
    return steps;
  }
  const auto theirs = FieldsOf(*item);
  const auto merged =
      Merge(record.link->base, {theirs, item->last_modified.value_or(TimePoint{})}, {record.fields, record.modified});
  for (const auto field : kAllFields) {
    const auto mailbox = TextOf(theirs, field);
    const auto bridge = TextOf(record.fields, field);
    if (mailbox == bridge) continue;
    steps.push_back("now: " + std::string(NameOf(field)) + " differs: mailbox " + Quoted(mailbox) + ", bridge " +
                    Quoted(bridge) + ", last in common " + Quoted(record.link->base.Get(field)) + "; to be " +
                    Quoted(TextOf(merged.fields, field)));
  }
  if (merged.to_mailbox.empty() && merged.to_bridge.empty()) steps.push_back("now: mailbox and bridge are equal");
  return steps;
}

std::vector<std::string> ExplainItem(const Meeting& item) {
  std::vector<std::string> steps;
  if (item.created) steps.push_back(At(*item.created) + "made in the mailbox");
  if (item.last_modified) steps.push_back(At(*item.last_modified) + "last changed in the mailbox");
  steps.push_back(item.conference ? "now: in the mailbox; its conference belongs to " + item.correlation_id
                                  : "now: in the mailbox alone, without a conference");
  return steps;
}

}  // namespace crosspoint::meeting_sync
