#include <fmt/format.h>

#include <sstream>

#include "crosspoint/contact/v1/contact_service.grpc.pb.h"
#include "ctl/commands/call.h"
#include "ctl/input/contact_rows.h"
#include "ctl/output/text.h"

namespace crosspoint::ctl {
namespace {

using namespace std::chrono_literals;
namespace v1 = ::crosspoint::contact::v1;
using Stub = v1::ContactService::Stub;

constexpr size_t kLargestFile = size_t{256} << 20;

struct UploadOptions {
  std::string file;
  std::string source = "file";
  bool replace_all = false;
};

struct LookupOptions {
  std::string number;
};

v1::ContactSource SourceOf(const std::string& source) {
  if (source == "outlook") return v1::CONTACT_SOURCE_OUTLOOK;
  return source == "apple" ? v1::CONTACT_SOURCE_APPLE : v1::CONTACT_SOURCE_FILE;
}

void ToProto(const ContactRow& row, v1::ContactChange& change) {
  change.set_source_id(row.source_id);
  auto& contact = *change.mutable_upsert();
  contact.set_display_name(row.display_name);
  for (const auto& email : row.emails) contact.add_emails(email);
  for (const auto& [label, number] : row.phones) {
    auto& phone = *contact.add_phones();
    phone.set_label(label);
    phone.set_number(number);
  }
  contact.set_company(row.company);
}

absl::StatusOr<ContactFile> ReadFile(Session& session, const UploadOptions& options) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto content, ReadInput(options.file, kLargestFile));
  std::istringstream in(std::move(content));
  auto file = ReadContactFile(in);
  if (!file.ok()) return UsageError(fmt::format("{}: {}", options.file, MessageOf(file.status())));
  for (const auto& problem : file->problems) {
    session.out().Remark(fmt::format("{}:{}: {}", options.file, problem.line, problem.text));
  }
  if (!file->problems.empty()) {
    return UsageError(fmt::format("{} lines of {} are wrong; nothing was sent", file->problems.size(), options.file));
  }
  return file;
}

// The id to upload `file` under: one that broke off goes on under its own; one that is complete would only be told its
// old answer again, so it takes a new one.
absl::StatusOr<std::string> ChooseUploadId(Session& session, Stub& stub, const std::string& parent,
                                           const std::string& by_content) {
  v1::GetUploadRequest request;
  request.set_parent(parent);
  request.set_upload_id(by_content);
  v1::Upload upload;
  const auto got = Call(session, stub, &Stub::GetUpload, request, upload);
  if (absl::IsNotFound(got)) return by_content;
  CROSSPOINT_RETURN_IF_ERROR(got);
  return upload.complete() ? by_content + "-" + NewRequestId().substr(0, 8) : by_content;
}

// Says of each change that was left out which line it is and why.
absl::Status Refusals(Session& session, const UploadOptions& options, const ContactFile& file,
                      const v1::UploadContactsResponse& response) {
  for (const auto& refusal : response.refusals()) {
    const auto index = static_cast<size_t>(refusal.index());
    const size_t line = index < file.rows.size() ? file.rows[index].line : 0;
    session.out().Remark(
        fmt::format("{}:{}: {}: {}", options.file, line, refusal.field(), Printable(refusal.message())));
  }
  if (response.refused() == 0) return absl::OkStatus();
  return PartlyDone(fmt::format("{} contacts were refused; correct their lines and upload again", response.refused()));
}

absl::Status RunUpload(Session& session, const UploadOptions& options) {
  v1::UploadContactsRequest request;
  auto& header = *request.mutable_header();
  CROSSPOINT_ASSIGN_OR_RETURN(*header.mutable_parent(), session.User(""));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto file, ReadFile(session, options));
  header.set_source(SourceOf(options.source));
  header.set_replace_all(options.replace_all);
  const auto stub = v1::ContactService::NewStub(session.channel());
  const auto by_content = UploadId(header.parent() + options.source + (options.replace_all ? "all" : ""), file);
  CROSSPOINT_ASSIGN_OR_RETURN(*header.mutable_upload_id(), ChooseUploadId(session, *stub, header.parent(), by_content));
  const auto context = session.Call(120s);
  v1::UploadContactsResponse response;
  const auto stream = stub->UploadContacts(context.get(), &response);
  Progress progress(session.out(), "contacts", file.rows.size());
  bool open = stream->Write(request);
  for (size_t i = 0; open && i < file.rows.size(); ++i) {
    ToProto(file.rows[i], *request.mutable_change());
    open = stream->Write(request);
    progress.Done(i + 1);
  }
  stream->WritesDone();
  CROSSPOINT_RETURN_IF_ERROR(session.Outcome(stream->Finish()));
  session.out().Json(response);
  session.out().Line(fmt::format("{} created, {} updated, {} deleted, {} unchanged", response.created(),
                                 response.updated(), response.deleted(), response.unchanged()));
  return Refusals(session, options, file, response);
}

std::string PhonesOf(const v1::Contact& contact) {
  std::string phones;
  for (const auto& phone : contact.phones()) {
    phones += fmt::format("{}{} {}", phones.empty() ? "" : ", ", phone.label(),
                          phone.e164().empty() ? phone.number() : phone.e164());
  }
  return phones;
}

absl::Status RunLookup(Session& session, const LookupOptions& options) {
  v1::LookupNumberRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_parent(), session.User(""));
  request.set_number(options.number);
  v1::LookupNumberResponse response;
  const auto stub = v1::ContactService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::LookupNumber, request, response));
  if (response.contacts().empty()) return absl::NotFoundError("no contact has that number");
  Table table({"NAME", "COMPANY", "PHONES", "E-MAIL"});
  for (const auto& contact : response.contacts()) {
    session.out().Json(contact);
    table.Add({contact.display_name(), contact.company(), PhonesOf(contact),
               contact.emails().empty() ? "" : contact.emails(0)});
  }
  session.out().Print(table);
  return absl::OkStatus();
}

}  // namespace

void AddContacts(CLI::App& app, Chosen& chosen) {
  auto& group = AddGroup(app, "contacts", "Your own contacts");
  AddCommand<UploadOptions>(
      group, "upload", "Upload contacts from a CSV file; the same again changes nothing", chosen,
      [](CLI::App& command, UploadOptions& options) {
        command.add_option("file", options.file, "CSV with a header line; - reads standard input")->required();
        command.add_option("--source", options.source, "which program they come from")
            ->check(CLI::IsMember({"file", "outlook", "apple"}))
            ->capture_default_str();
        command.add_flag("--replace-all", options.replace_all, "remove what that source had and the file has not");
        command.footer(
            "Columns: display_name (required), source_id, emails (a@x;b@x), business_phone, mobile_phone,\n"
            "home_phone, other_phone, company.");
      },
      &RunUpload);
  AddCommand<LookupOptions>(
      group, "lookup", "Say whose number it is", chosen,
      [](CLI::App& command, LookupOptions& options) {
        command.add_option("number", options.number, "as +493012345, or as you would dial it")->required();
      },
      &RunLookup);
}

}  // namespace crosspoint::ctl
