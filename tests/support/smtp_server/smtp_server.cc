#include "tests/support/smtp_server/smtp_server.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

namespace crosspoint::testing {
namespace {

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "mail server: %s (is python3-aiosmtpd installed?)\n", why.c_str());
  std::exit(1);
}

std::string Script() {
  const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
  const std::filesystem::path root = source != nullptr ? source : ".";
  return (root / "tests/support/smtp_server/mail_sink.py").string();
}

std::string FromBase64(const std::string& text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    group = group << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xff);
  }
  return bytes;
}

ReceivedMail Parse(const nlohmann::json& json) {
  ReceivedMail mail{.envelope_from = json.at("envelope_from"),
                    .envelope_to = json.at("envelope_to"),
                    .tls = json.at("tls"),
                    .authenticated = json.at("authenticated"),
                    .headers = json.at("headers"),
                    .defects = static_cast<int>(json.at("defects").size()),
                    .text = json.at("text"),
                    .files = {}};
  for (const auto& file : json.at("files")) {
    mail.files.push_back({file.at("name"), file.at("type"), FromBase64(file.at("base64"))});
  }
  return mail;
}

}  // namespace

SmtpServer::SmtpServer(SmtpServerOptions options) : options_(std::move(options)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-mail-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) Die("cannot make a directory");
  directory_ = pattern;
  Start();
}

SmtpServer::~SmtpServer() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void SmtpServer::Start() {
  std::vector<std::string> arguments = {"/usr/bin/python3",   "-B", Script(), "--dir", directory_.string(), "--port",
                                        std::to_string(port_)};
  const auto add = [&arguments](const char* name, const std::string& value) {
    if (!value.empty()) arguments.insert(arguments.end(), {name, value});
  };
  add("--cert", options_.certificate.string());
  add("--key", options_.key.string());
  add("--user", options_.user);
  add("--password", options_.password);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  int out[2];
  if (pipe(out) != 0) Die("no pipe");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    dup2(out[1], STDOUT_FILENO);
    close(out[0]);
    close(out[1]);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(out[1]);
  std::string line;
  for (char c = 0; read(out[0], &c, 1) == 1 && c != '\n';) line += c;
  close(out[0]);
  if (line.empty()) Die("did not start");
  port_ = std::atoi(line.c_str());
}

void SmtpServer::Stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void SmtpServer::Restart() {
  Stop();
  Start();
}

std::vector<ReceivedMail> SmtpServer::Mails() const {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<ReceivedMail> mails;
  for (const auto& file : files) {
    std::ifstream in(file);
    mails.push_back(Parse(nlohmann::json::parse(in)));
  }
  return mails;
}

std::vector<ReceivedMail> SmtpServer::MailsTo(const std::string& address, size_t count,
                                              std::chrono::milliseconds limit) const {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (true) {
    auto mails = Mails();
    std::erase_if(mails, [&](const auto& mail) {
      return std::find(mail.envelope_to.begin(), mail.envelope_to.end(), address) == mail.envelope_to.end();
    });
    if (mails.size() >= count || std::chrono::steady_clock::now() > end) return mails;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void SmtpServer::Refuse(const std::string& step, const std::string& answer) {
  std::ofstream(directory_ / "answer.part") << step << " " << answer;
  std::filesystem::rename(directory_ / "answer.part", directory_ / "answer");
}

void SmtpServer::TakeAll() { std::filesystem::remove(directory_ / "answer"); }

}  // namespace crosspoint::testing
