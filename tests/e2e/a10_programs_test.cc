// A10: the kinds of client programs and what each may do.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <algorithm>
#include <map>

#include "crosspoint/contact/v1/contact_service.grpc.pb.h"
#include "crosspoint/voicemail/v1/voicemail_service.grpc.pb.h"
#include "tests/e2e/gateway_calls.h"

namespace crosspoint::e2e {
namespace {

namespace contact = ::crosspoint::contact::v1;
namespace voicemail = ::crosspoint::voicemail::v1;

// A program whose token has the roles of users and integrators, so that only its kind decides.
class Program {
 public:
  Program(gateway::ProgramKind kind, const std::string& device) : person_(NewPerson()) {
    program_ =
        std::make_unique<GatewayProgram>(TheStack().GatewayChannel(), Context(""), testing::HelloOf(kind, device));
    session_ = program_->session();
    EXPECT_NE(session_, "") << gateway::ProgramKind_Name(kind);
  }

  const std::string& user() const { return person_.name; }
  const std::string& session() const { return session_; }
  std::unique_ptr<grpc::ClientContext> Context(const std::string& session) const {
    const auto id = person_.name.substr(person_.name.rfind('/') + 1);
    auto context = TheStack().With(TheStack().credentials().Token("default", id, {"user", "integrator"}));
    if (!session.empty()) context->AddMetadata("crosspoint-session", session);
    return context;
  }
  std::unique_ptr<grpc::ClientContext> InSession() const { return Context(session_); }

  bool Role(gateway::ClientRole role) const {
    gateway::AcquireRoleRequest request;
    request.set_session(session_);
    request.set_role(role);
    gateway::RoleLease lease;
    return Allowed(Gateway()->AcquireRole(Context("").get(), request, &lease));
  }
  bool Ribbon() const {
    meetings::AttachConferenceRequest request;
    request.set_parent(user());
    meetings::Invite invite;
    return Allowed(Stub<meetings::MeetingService>()->AttachConference(InSession().get(), request, &invite));
  }
  bool Search() const {
    directory::SearchPeopleRequest request;
    request.set_parent(testing::Stack::kTenant);
    request.set_query("nobody at all");
    directory::SearchPeopleResponse response;
    return Allowed(Stub<directory::DirectoryService>()->SearchPeople(InSession().get(), request, &response));
  }
  bool Play() const {
    voicemail::PlayMessageRequest request;
    request.set_name(user() + "/voicemails/none");
    voicemail::PlayMessageResponse response;
    return Allowed(Stub<voicemail::VoicemailService>()->PlayMessage(InSession().get(), request, &response));
  }
  bool ModifyContacts() const {
    contact::BatchModifyContactsRequest request;
    request.set_parent(user());
    contact::BatchModifyContactsResponse response;
    return Allowed(Stub<contact::ContactService>()->BatchModifyContacts(InSession().get(), request, &response));
  }
  bool UploadContacts() const {
    const auto context = InSession();
    contact::UploadContactsResponse response;
    const auto upload = Stub<contact::ContactService>()->UploadContacts(context.get(), &response);
    contact::UploadContactsRequest request;
    request.mutable_header()->set_parent(user());
    upload->Write(request);
    upload->WritesDone();
    return Allowed(upload->Finish());
  }
  bool ReportLines() const {
    const auto context = InSession();
    const auto report = Stub<presence::PresenceService>()->ReportLineState(context.get());
    presence::ReportLineStateRequest request;
    request.set_user(user());
    report->Write(request);
    report->WritesDone();
    presence::ReportLineStateResponse response;
    while (report->Read(&response)) {
    }
    return Allowed(report->Finish());
  }
  bool Deposit() const {
    const auto context = InSession();
    voicemail::Voicemail message;
    const auto deposit = Stub<voicemail::VoicemailService>()->DepositMessage(context.get(), &message);
    voicemail::DepositMessageRequest request;
    deposit->Write(request);
    deposit->WritesDone();
    return Allowed(deposit->Finish());
  }

 private:
  template <class Service>
  static std::unique_ptr<typename Service::Stub> Stub() {
    return Service::NewStub(TheStack().GatewayChannel());
  }
  // Whether the table let it pass; what the service behind says of the request is its own.
  static bool Allowed(const grpc::Status& status) {
    const auto told = Outcome(status);
    const auto info = GetErrorInfo(told);
    if (!info || info->reason != "PROGRAM_NOT_ALLOWED") return true;
    EXPECT_EQ(told.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_FALSE(info->metadata.at("program").empty());
    EXPECT_FALSE(info->metadata.at("ability").empty());
    return false;
  }

  const Person person_;
  std::unique_ptr<GatewayProgram> program_;
  std::string session_;
};

struct Row {
  gateway::ProgramKind kind;
  bool presence_role, ribbon, user_functions, uploads, lines;
};

constexpr Row kTable[] = {
    {gateway::PROGRAM_KIND_OUTLOOK_ADDIN, true, true, true, true, false},
    {gateway::PROGRAM_KIND_DESKTOP_WINDOWS, true, true, true, true, false},
    {gateway::PROGRAM_KIND_DESKTOP_MAC, false, false, true, true, false},
    {gateway::PROGRAM_KIND_SKYPE_TELEPHONY, true, false, true, false, false},
    {gateway::PROGRAM_KIND_WEB, false, true, true, true, false},
    {gateway::PROGRAM_KIND_DESKPHONE, false, false, true, false, false},
    {gateway::PROGRAM_KIND_MOBILITY, false, false, true, false, false},
    {gateway::PROGRAM_KIND_PBX, false, false, false, false, true},
};

TEST(A10, EveryCellOfTheTableIsEnforced) {
  for (const auto& row : kTable) {
    SCOPED_TRACE(gateway::ProgramKind_Name(row.kind));
    const Program program(row.kind, "device-1");
    EXPECT_EQ(program.Role(gateway::CLIENT_ROLE_OUTLOOK_PRESENCE), row.presence_role);
    EXPECT_EQ(program.Ribbon(), row.ribbon);
    EXPECT_EQ(program.Search(), row.user_functions);
    EXPECT_EQ(program.Play(), row.user_functions);
    EXPECT_EQ(program.ModifyContacts(), row.uploads);
    EXPECT_EQ(program.UploadContacts(), row.uploads);
    EXPECT_EQ(program.ReportLines(), row.lines);
    EXPECT_EQ(program.Deposit(), row.lines);
  }
}

TEST(A10, TheMacMayPrepareAnInvitationFromItsApp) {
  const Program mac(gateway::PROGRAM_KIND_DESKTOP_MAC, "mac-1");
  meetings::PrepareInviteRequest request;
  request.set_parent(mac.user());
  meetings::Invite invite;
  const auto status = Outcome(meetings::MeetingService::NewStub(TheStack().GatewayChannel())
                                  ->PrepareInvite(mac.InSession().get(), request, &invite));
  const auto info = GetErrorInfo(status);
  EXPECT_TRUE(!info || info->reason != "PROGRAM_NOT_ALLOWED") << status;
}

TEST(A10, ASessionThatIsNotTheCallersIsUnknown) {
  const Program one(gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1");
  const Program other(gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1");
  for (const auto& session : {other.session(), std::string("s-made-up")}) {
    meetings::AttachConferenceRequest request;
    request.set_parent(one.user());
    meetings::Invite invite;
    const auto status = Outcome(meetings::MeetingService::NewStub(TheStack().GatewayChannel(1))
                                    ->AttachConference(one.Context(session).get(), request, &invite));
    ASSERT_TRUE(GetErrorInfo(status).has_value()) << status;
    EXPECT_EQ(GetErrorInfo(status)->reason, "SESSION_UNKNOWN");
  }
}

TEST(A10, TelephonyWindowAndDesktopAppExcludeEachOtherOnADevice) {
  const auto person = NewPerson();
  const auto open = [&](gateway::ProgramKind kind, const std::string& device, int replica) {
    return std::make_unique<GatewayProgram>(TheStack().GatewayChannel(replica), Forever(person.name),
                                            testing::HelloOf(kind, device));
  };
  const auto desktop = open(gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1", 0);
  ASSERT_NE(desktop->session(), "");
  EXPECT_EQ(open(gateway::PROGRAM_KIND_SKYPE_TELEPHONY, "pc-1", 1)->End(), "ALREADY_EXISTS PROGRAM_EXCLUDED");
  const auto elsewhere = open(gateway::PROGRAM_KIND_SKYPE_TELEPHONY, "pc-2", 1);
  EXPECT_NE(elsewhere->session(), "") << "another device";
  gateway::ListSessionsRequest list;
  list.set_parent(testing::Stack::kTenant);
  gateway::ListSessionsResponse listed;
  ASSERT_TRUE(Gateway()->ListSessions(TheStack().AsUser(person.name).get(), list, &listed).ok());
  EXPECT_EQ(std::count_if(listed.sessions().begin(), listed.sessions().end(),
                          [](const auto& one) { return one.program() == gateway::PROGRAM_KIND_SKYPE_TELEPHONY; }),
            1);
  EXPECT_EQ(open(gateway::PROGRAM_KIND_DESKTOP_MAC, "pc-2", 0)->End(), "ALREADY_EXISTS PROGRAM_EXCLUDED");
  desktop->Close();
  EXPECT_EQ(desktop->End(), "OK");
  EXPECT_NE(open(gateway::PROGRAM_KIND_SKYPE_TELEPHONY, "pc-1", 1)->session(), "") << "once the app is closed";
}

}  // namespace
}  // namespace crosspoint::e2e
