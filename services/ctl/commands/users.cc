#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "ctl/commands/call.h"
#include "ctl/input/times.h"
#include "ctl/input/user_rows.h"

namespace crosspoint::ctl {
namespace {

using namespace std::chrono_literals;
namespace v1 = ::crosspoint::directory::v1;
using Stub = v1::DirectoryService::Stub;

constexpr size_t kLargestFile = size_t{256} << 20;
constexpr size_t kMostProblemsShown = 20;

struct ImportOptions {
  std::string file;
  size_t batch = 500;
  bool dry_run = false;
  bool skip_bad_lines = false;
  bool skip_existing = false;
  std::string retry_for = "60s";
};

struct ListOptions {
  size_t limit = 0;
  bool deleted = false;
};

// A refusal that says the person is there already.
bool IsTaken(const v1::UserError& error) {
  return error.reason() == "EMAIL_TAKEN" || error.reason() == "EXTENSION_TAKEN";
}

v1::PhoneKind KindOf(const std::string& kind) {
  if (kind == "business") return v1::PHONE_KIND_BUSINESS;
  return kind == "mobile" ? v1::PHONE_KIND_MOBILE : v1::PHONE_KIND_HOME;
}

v1::MailboxBinding BindingOf(const std::string& mailbox) {
  if (mailbox == "ews") return v1::MAILBOX_BINDING_EWS;
  if (mailbox == "graph") return v1::MAILBOX_BINDING_GRAPH;
  return mailbox == "none" ? v1::MAILBOX_BINDING_NONE : v1::MAILBOX_BINDING_UNSPECIFIED;
}

v1::OutlookUse OutlookOf(const std::string& outlook) {
  if (outlook == "auto") return v1::OUTLOOK_USE_AUTO;
  if (outlook == "yes") return v1::OUTLOOK_USE_YES;
  return outlook == "no" ? v1::OUTLOOK_USE_NO : v1::OUTLOOK_USE_UNSPECIFIED;
}

void ToProto(const UserRow& row, v1::User& user) {
  user.set_display_name(row.display_name);
  user.set_email(row.email);
  for (const auto& alias : row.aliases) user.add_aliases(alias);
  user.set_extension(row.extension);
  for (const auto& [kind, number] : row.phones) {
    auto& phone = *user.add_phones();
    phone.set_kind(KindOf(kind));
    phone.set_number(number);
  }
  user.set_mailbox_binding(BindingOf(row.mailbox));
  user.set_outlook_use(OutlookOf(row.outlook));
}

// One run of `users import`.
class Import {
 public:
  Import(Session& session, const ImportOptions& options) : session_(session), options_(options) {}

  absl::Status Run() {
    CROSSPOINT_ASSIGN_OR_RETURN(tenant_, session_.Tenant());
    const auto patience = ParseDuration(options_.retry_for);
    if (!patience.ok()) return UsageError("--retry-for: " + MessageOf(patience.status()));
    patience_ = *patience;
    CROSSPOINT_RETURN_IF_ERROR(Read());
    if (options_.dry_run) {
      session_.out().Line(fmt::format("{} users can be imported; nothing was sent", file_.rows.size()));
      return absl::OkStatus();
    }
    const Interrupt::Scope scope(session_.interrupt(), [this] { stopped_ = true; });
    Progress progress(session_.out(), "users", file_.rows.size());
    size_t next = 0;
    while (next < file_.rows.size() && !stopped_) {
      const size_t end = std::min(next + options_.batch, file_.rows.size());
      const auto sent = Send(next, end);
      if (!sent.ok()) return StoppedBy(sent, next);
      next = end;
      progress.Done(next);
    }
    return Report(next);
  }

 private:
  absl::Status Read() {
    CROSSPOINT_ASSIGN_OR_RETURN(auto content, ReadInput(options_.file, kLargestFile));
    std::istringstream in(std::move(content));
    auto file = ReadUserFile(in);
    if (!file.ok()) return UsageError(fmt::format("{}: {}", options_.file, MessageOf(file.status())));
    file_ = *std::move(file);
    for (const auto& problem : file_.problems) Complain(problem.line, problem.text);
    if (!file_.problems.empty() && !options_.skip_bad_lines) {
      return UsageError(
          fmt::format("{} lines of {} are wrong and nothing was sent: correct them, or leave them out with "
                      "--skip-bad-lines",
                      file_.problems.size(), options_.file));
    }
    return absl::OkStatus();
  }

  // Rows [begin, end) in one call, repeated while the server cannot be reached: the request ids make that safe.
  absl::Status Send(size_t begin, size_t end) {
    v1::BatchCreateUsersRequest request;
    request.set_parent(tenant_);
    for (size_t i = begin; i < end; ++i) {
      auto& one = *request.add_requests();
      ToProto(file_.rows[i], *one.mutable_user());
      one.set_request_id(RowRequestId(tenant_, file_.rows[i]));
    }
    const auto stub = v1::DirectoryService::NewStub(session_.channel());
    const auto give_up = std::chrono::steady_clock::now() + patience_;
    for (auto wait = 200ms;; wait = std::min<std::chrono::milliseconds>(wait * 2, 5s)) {
      v1::BatchCreateUsersResponse response;
      const auto context = session_.Call(30s);
      const auto sent = session_.Outcome(stub->BatchCreateUsers(context.get(), request, &response));
      if (sent.ok()) {
        Take(begin, response);
        return sent;
      }
      const bool may_pass =
          absl::IsUnavailable(sent) || absl::IsDeadlineExceeded(sent) || absl::IsResourceExhausted(sent);
      if (!may_pass || stopped_ || std::chrono::steady_clock::now() + wait > give_up) return sent;
      session_.out().Remark(fmt::format("{}; trying again in {} ms", MessageOf(sent), wait.count()));
      std::this_thread::sleep_for(wait);
    }
  }

  void Take(size_t begin, const v1::BatchCreateUsersResponse& response) {
    for (int i = 0; i < response.results_size(); ++i) {
      const auto& result = response.results(i);
      const auto line = file_.rows[begin + static_cast<size_t>(i)].line;
      if (result.has_user() && result.user().has_delete_time()) {
        Fail(line, "was imported and deleted since; bring it back with UndeleteUser, or change the line");
      } else if (result.has_user()) {
        ++there_;
        session_.out().Json(result.user());
      } else if (IsTaken(result.error()) && options_.skip_existing) {
        ++existing_;
      } else {
        Fail(line, fmt::format("{} ({})", result.error().message(), result.error().reason()));
      }
    }
  }

  void Fail(size_t line, const std::string& why) {
    ++failed_;
    Complain(line, why);
  }

  void Complain(size_t line, const std::string& why) {
    if (++complaints_ <= kMostProblemsShown) {
      session_.out().Remark(fmt::format("{}:{}: {}", options_.file, line, why));
    } else if (complaints_ == kMostProblemsShown + 1) {
      session_.out().Remark("… and more; only the first 20 are shown");
    }
  }

  absl::Status StoppedBy(const absl::Status& why, size_t next) const {
    if (next == 0) return why;
    return PartlyDone(fmt::format("{}: stopped before line {}; run the same again, it goes on from there",
                                  MessageOf(why), file_.rows[next].line));
  }

  absl::Status Report(size_t next) {
    auto text = fmt::format("{} of {} users are there", there_, file_.rows.size());
    if (existing_ > 0) text += fmt::format(", {} were already under another entry", existing_);
    if (failed_ > 0) text += fmt::format(", {} were refused", failed_);
    if (!file_.problems.empty()) text += fmt::format(", {} lines were left out", file_.problems.size());
    session_.out().Line(text);
    if (next < file_.rows.size()) {
      return PartlyDone(
          fmt::format("stopped before line {}; run the same again, it goes on from there", file_.rows[next].line));
    }
    if (failed_ > 0)
      return PartlyDone(fmt::format("{} users were refused; correct their lines and run it again", failed_));
    return absl::OkStatus();
  }

  Session& session_;
  const ImportOptions& options_;
  std::string tenant_;
  std::chrono::seconds patience_{};
  UserFile file_;
  std::atomic<bool> stopped_ = false;  // set by Ctrl-C
  size_t there_ = 0;
  size_t existing_ = 0;
  size_t failed_ = 0;
  size_t complaints_ = 0;
};

absl::Status RunImport(Session& session, const ImportOptions& options) { return Import(session, options).Run(); }

std::string Word(v1::MailboxBinding binding) {
  switch (binding) {
    case v1::MAILBOX_BINDING_EWS:
      return "ews";
    case v1::MAILBOX_BINDING_GRAPH:
      return "graph";
    case v1::MAILBOX_BINDING_NONE:
      return "none";
    default:
      return "";
  }
}

absl::Status RunList(Session& session, const ListOptions& options) {
  v1::ListUsersRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_parent(), session.Tenant());
  request.set_show_deleted(options.deleted);
  request.set_page_size(options.limit == 0 ? 1000 : static_cast<int>(std::min<size_t>(options.limit, 1000)));
  Table table({"ID", "NAME", "E-MAIL", "EXT", "MAILBOX", "DELETED"});
  size_t shown = 0;
  const auto stub = v1::DirectoryService::NewStub(session.channel());
  const auto listed = EachPage<Stub, v1::ListUsersRequest, v1::ListUsersResponse>(
      session, *stub, &Stub::ListUsers, request, [&](auto& page) {
        for (const auto& user : page.users()) {
          if (options.limit != 0 && shown == options.limit) return false;
          ++shown;
          session.out().Json(user);
          if (session.out().json()) continue;
          table.Add({IdOf(user.name()), user.display_name(), user.email(), user.extension(),
                     Word(user.mailbox_binding()),
                     user.has_delete_time() ? ShortTime(FromTimestamp(user.delete_time()), Now()) : ""});
        }
        return true;
      });
  CROSSPOINT_RETURN_IF_ERROR(listed);
  session.out().Print(table);
  return absl::OkStatus();
}

}  // namespace

void AddUsers(CLI::App& app, Chosen& chosen) {
  auto& group = AddGroup(app, "users", "Users of the telephony system");
  AddCommand<ImportOptions>(
      group, "import", "Create users from a CSV file; the same again goes on where it stopped", chosen,
      [](CLI::App& command, ImportOptions& options) {
        command.add_option("file", options.file, "CSV with a header line; - reads standard input")->required();
        command.add_option("--batch", options.batch, "users a call")->check(CLI::Range(1, 1000))->capture_default_str();
        command.add_flag("--dry-run", options.dry_run, "check the file and send nothing");
        command.add_flag("--skip-bad-lines", options.skip_bad_lines, "import the rest when lines are wrong");
        command.add_flag("--skip-existing", options.skip_existing,
                         "who has an address or extension already is no failure");
        command.add_option("--retry-for", options.retry_for, "how long to try while the server cannot be reached")
            ->capture_default_str();
        command.footer(
            "Columns: display_name (required), email, aliases (a@x;b@x), extension, business_phone,\n"
            "mobile_phone, home_phone, mailbox (ews, graph, none), outlook (auto, yes, no).");
      },
      &RunImport);
  AddCommand<ListOptions>(
      group, "list", "List users", chosen,
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--limit", options.limit, "at most so many; 0 means all")->capture_default_str();
        command.add_flag("--deleted", options.deleted, "deleted ones that can be brought back, too");
      },
      &RunList);
}

}  // namespace crosspoint::ctl
