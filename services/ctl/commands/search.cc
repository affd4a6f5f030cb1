#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "ctl/commands/call.h"

namespace crosspoint::ctl {
namespace {

namespace v1 = ::crosspoint::directory::v1;

struct SearchOptions {
  std::string query;
  int limit = 25;
};

std::string FirstPhone(const v1::Person& person) { return person.phones().empty() ? "" : person.phones(0).number(); }

absl::Status RunSearch(Session& session, const SearchOptions& options) {
  v1::SearchPeopleRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_parent(), session.Tenant());
  request.set_query(options.query);
  request.set_page_size(options.limit);
  v1::SearchPeopleResponse response;
  const auto stub = v1::DirectoryService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &v1::DirectoryService::Stub::SearchPeople, request, response));
  Table table({"NAME", "EXT", "E-MAIL", "PHONE", "DEPARTMENT", "USER"});
  for (const auto& person : response.people()) {
    session.out().Json(person);
    table.Add({person.display_name(), person.extension(), person.emails().empty() ? "" : person.emails(0),
               FirstPhone(person), person.department(), IdOf(person.user())});
  }
  if (response.partial()) session.out().Remark("partial: one of the two directories did not answer in time");
  if (response.people().empty()) return absl::NotFoundError("nobody found");
  session.out().Print(table);
  return absl::OkStatus();
}

}  // namespace

void AddSearch(CLI::App& app, Chosen& chosen) {
  AddCommand<SearchOptions>(
      app, "search", "Find people in both directories", chosen,
      [](CLI::App& command, SearchOptions& options) {
        command.add_option("query", options.query, "part of a name, address or extension")->required();
        command.add_option("--limit", options.limit, "at most so many")
            ->check(CLI::Range(1, 25))
            ->capture_default_str();
      },
      &RunSearch);
}

}  // namespace crosspoint::ctl
