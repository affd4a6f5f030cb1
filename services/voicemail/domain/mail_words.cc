#include "voicemail/domain/mail_words.h"

#include <algorithm>

namespace crosspoint::voicemail {
namespace {

std::string TwoDigits(int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// Names come from address books; in a header they must stay one line.
std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

std::string Facts(const Voicemail& message) {
  std::string text = "From: " + CallerText(message.caller) + "\n";
  if (!message.caller.name.empty() && !message.caller.number.empty()) text += "Number: " + message.caller.number + "\n";
  return text + "Length: " + LengthText(message.audio.length) + "\n";
}

std::string Subject(const Voicemail& message) {
  return OneLine("Voice message from " + CallerText(message.caller) + " (" + LengthText(message.audio.length) + ")");
}

}  // namespace

std::string LengthText(std::chrono::milliseconds length) {
  const auto seconds = std::max<int64_t>(1, std::chrono::round<std::chrono::seconds>(length).count());
  if (seconds < 3600) return std::to_string(seconds / 60) + ":" + TwoDigits(seconds % 60);
  return std::to_string(seconds / 3600) + ":" + TwoDigits(seconds / 60 % 60) + ":" + TwoDigits(seconds % 60);
}

std::string CallerText(const Caller& caller) {
  if (!caller.name.empty()) return caller.name;
  return caller.number.empty() ? "an unknown caller" : caller.number;
}

MailWords SyncedWords(const Voicemail& message) {
  return {Subject(message), "You have a new voice message.\n\n" + Facts(message) +
                                "\nPlay it on your desk phone, or with Crosspoint on this computer: the recording is "
                                "kept by the telephone system and not in this mail.\nReading or deleting this mail "
                                "marks the message as heard or deletes it.\n"};
}

MailWords NotifyWords(const Voicemail& message, bool has_audio) {
  return {Subject(message), "You have a new voice message.\n\n" + Facts(message) +
                                (has_audio ? "\nThe recording is attached. " : "\n") +
                                "Playing or deleting this mail changes nothing in your voice mailbox.\n"};
}

}  // namespace crosspoint::voicemail
