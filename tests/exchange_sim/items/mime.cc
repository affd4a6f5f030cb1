#include "exchange_sim/items/mime.h"

#include <algorithm>
#include <ctime>

#include "exchange_sim/items/extended.h"
#include "exchange_sim/xml.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kLine = 76;
constexpr std::string_view kBoundary = "=_exchange_sim_part";

std::string Folded(const std::string& base64) {
  std::string out;
  for (size_t at = 0; at < base64.size(); at += kLine) out += base64.substr(at, kLine) + "\r\n";
  return out;
}

// A header value; whatever is not plain ASCII becomes an encoded word.
std::string Encoded(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return plain ? text : fmt::format("=?utf-8?B?{}?=", Base64(text));
}

// "Anna Miller" <anna@…>, … of recipients or a single mailbox.
std::string Addresses(const std::string& xml) {
  pugi::xml_document document;
  document.load_string(xml.c_str());
  std::string out;
  for (const pugi::xml_node mailbox : document.document_element().children("t:Mailbox")) {
    std::string name = Encoded(mailbox.child("t:Name").text().get());
    std::erase(name, '"');
    const std::string_view address = mailbox.child("t:EmailAddress").text().get();
    out += fmt::format("{}\"{}\" <{}>", out.empty() ? "" : ", ", name, address);
  }
  return out;
}

std::string BodyPart(const ItemView& v) {
  pugi::xml_document document;
  document.load_string(v.PropertyXml("Body").c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  const bool html = std::string_view(document.document_element().attribute("BodyType").value()) == "HTML";
  return fmt::format("Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                     html ? "html" : "plain", Folded(Base64(document.document_element().text().get())));
}

std::string AttachmentPart(const ItemView& v, const Attachment& attachment) {
  const std::string name = Encoded(attachment.name);
  if (attachment.item) {
    const ItemView inside = ViewOf(*v.mailbox, *attachment.item);
    return fmt::format("Content-Type: message/rfc822; name=\"{}\"\r\n\r\n{}", name, MimeOf(inside));
  }
  const std::string type = attachment.content_type.empty() ? "application/octet-stream" : attachment.content_type;
  const std::string id =
      attachment.content_id.empty() ? "" : fmt::format("Content-ID: <{}>\r\n", attachment.content_id);
  return fmt::format(
      "Content-Type: {}; name=\"{}\"\r\nContent-Disposition: {}; filename=\"{}\"\r\n{}"
      "Content-Transfer-Encoding: base64\r\n\r\n{}",
      type, name, attachment.is_inline ? "inline" : "attachment", name, id, Folded(Base64(*attachment.content)));
}

}  // namespace

std::string MimeDate(Seconds at) {
  const std::time_t time = at;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &parts)};
}

std::string MimeOf(const ItemView& v) {
  std::string out;
  const auto header = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("{}: {}\r\n", name, value);
  };
  header("From", Addresses(v.PropertyXml("From")));
  header("To", Addresses(v.PropertyXml("ToRecipients")));
  header("Cc", Addresses(v.PropertyXml("CcRecipients")));
  header("Subject", Encoded(v.PropertyText("Subject")));
  header("Date", MimeDate(v.item->mail.sent_at != 0 ? v.item->mail.sent_at : v.item->created_at));
  header("Message-ID", v.item->mail.message_id);
  for (const auto& [name, value] : InternetHeaders(*v.item)) header(name, Encoded(value));
  header("MIME-Version", "1.0");
  if (v.item->attachments.empty()) return out + BodyPart(v);
  // Nested messages need boundaries of their own.
  const std::string boundary = fmt::format("{}{:016x}", kBoundary, Hash(out, v.item->attachments.size()));
  out += fmt::format("Content-Type: multipart/mixed; boundary=\"{}\"\r\n\r\n", boundary);
  out += fmt::format("--{}\r\n{}", boundary, BodyPart(v));
  for (const Attachment& attachment : v.item->attachments) {
    out += fmt::format("\r\n--{}\r\n{}", boundary, AttachmentPart(v, attachment));
  }
  return out + fmt::format("\r\n--{}--\r\n", boundary);
}

}  // namespace crosspoint::exchange_sim
