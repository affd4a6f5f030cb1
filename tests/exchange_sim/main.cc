#include <CLI/CLI.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>

#include "exchange_sim/sim.h"
#include "exchange_sim/text.h"

namespace {

using crosspoint::exchange_sim::SimOptions;

std::string ReadFile(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw CLI::ValidationError("cannot read " + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "user:file"
void AddServiceAccount(const std::string& text, SimOptions& options) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) throw CLI::ValidationError("--service-account: user:password-file");
  options.service_accounts[text.substr(0, colon)] = crosspoint::exchange_sim::Trim(ReadFile(text.substr(colon + 1)));
}

// Lines of "token account".
void AddTokens(const std::string& file, SimOptions& options) {
  for (const std::string& line : crosspoint::exchange_sim::Split(ReadFile(file), '\n')) {
    const std::string text = crosspoint::exchange_sim::Trim(line);
    if (text.empty() || text.starts_with('#')) continue;
    const size_t space = text.find(' ');
    if (space == std::string::npos) throw CLI::ValidationError("--accept-token-file: each line is \"token account\"");
    options.tokens[text.substr(0, space)] = crosspoint::exchange_sim::Trim(text.substr(space + 1));
  }
}

// Of one account, or of one mailbox that it impersonates.
void AddLimits(CLI::App& app, crosspoint::exchange_sim::Limits& limits) {
  const auto count = [&app](const char* name, int& value, int least, const char* help) {
    app.add_option(name, value, help)->check(CLI::Range(least, 1'000'000))->capture_default_str();
  };
  count("--max-streams", limits.max_streams, 1, "Open streaming connections");
  count("--max-concurrency", limits.max_concurrency, 0, "Requests in flight; 0 sets no limit");
  count("--max-subscriptions", limits.max_subscriptions, 1, "Subscriptions of one mailbox");
  count("--find-count", limits.find_count, 1, "Items in one answer to FindItem");
  count("--burst", limits.burst, 1, "Requests that may come at once under --requests-per-second");
  app.add_option("--requests-per-second", limits.requests_per_second,
                 "Lasting rate, beyond which the answer is ErrorServerBusy; 0 sets no limit")
      ->check(CLI::NonNegativeNumber);
  app.add_option_function<int>(
         "--back-off-ms", [&limits](int ms) { limits.back_off = std::chrono::milliseconds(ms); },
         "Asked for by ErrorServerBusy (default 1000)")
      ->check(CLI::NonNegativeNumber);
}

// "application-id:service-account"
void AddApplication(const std::string& text, SimOptions& options) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) throw CLI::ValidationError("--oauth-app: application-id:service-account");
  options.oauth_applications[text.substr(0, colon)] = text.substr(colon + 1);
}

void AddLoginOptions(CLI::App& app, SimOptions& options) {
  app.add_option("--auth", options.auth_schemes,
                 "Schemes offered: basic, bearer, ntlm, negotiate (default: all possible)")
      ->delimiter(',')
      ->check(CLI::IsMember({"basic", "bearer", "ntlm", "negotiate"}));
  app.add_option("--keytab", options.keytab_file, "Keys of HTTP/HOST: takes Kerberos logins");
  app.add_option("--jwks-file", options.jwks_file, "Public keys of an issuer: takes its access tokens");
  app.add_option("--oauth-audience", options.oauth_audience, "Audience that access tokens must have");
  app.add_option_function<std::vector<std::string>>(
      "--oauth-app",
      [&options](const std::vector<std::string>& all) {
        for (const std::string& text : all) AddApplication(text, options);
      },
      "application-id:service-account; repeatable");
}

void AddOptions(CLI::App& app, SimOptions& options) {
  app.add_option("--listen", options.listen_address, "Address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "Port; 0 lets the kernel choose")->check(CLI::Range(0, 65535));
  app.add_option("--people", options.people, "Size of the company")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "The same seed gives the same company")->capture_default_str();
  app.add_option("--tls-cert", options.tls_cert_file, "PEM certificate chain; makes it HTTPS");
  app.add_option("--tls-key", options.tls_key_file, "PEM private key");
  app.add_option("--schema", options.schema_dir, "Folder of the EWS schema: check every request and answer against it");
  app.add_option("--servers", options.servers, "Back ends, each with subscriptions of its own")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--quirks", options.quirks, "Habits of servers that are not Exchange, comma-separated; see README")
      ->delimiter(',');
  app.add_option("--journal", options.journal_file, "File that keeps what changes: it is there again after a restart");
  AddLimits(app, options.limits);
  app.add_option_function<int>(
      "--heartbeat-ms", [&options](int ms) { options.heartbeat = std::chrono::milliseconds(ms); },
      "Between signs of life on a silent stream (default 30000)");
  app.add_option_function<std::vector<std::string>>(
      "--service-account",
      [&options](const std::vector<std::string>& all) {
        for (const std::string& text : all) AddServiceAccount(text, options);
      },
      "user:password-file; may impersonate; repeatable");
  app.add_option_function<std::string>(
      "--accept-token-file", [&options](const std::string& file) { AddTokens(file, options); },
      "File of bearer tokens, one \"token account\" a line");
  app.add_option_function<std::string>(
      "--user-password-file",
      [&options](const std::string& file) { options.user_password = crosspoint::exchange_sim::Trim(ReadFile(file)); },
      "One password with which every mailbox owner may log in");
}

}  // namespace

int main(int argc, char** argv) {
  SimOptions options;
  CLI::App app("A stand-in for an on-premises Exchange server, for tests and demonstrations.");
  AddOptions(app, options);
  AddLoginOptions(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  // Blocked before any thread starts, so that only sigwait sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  crosspoint::exchange_sim::ExchangeSim sim(options);
  if (const absl::Status started = sim.Start(); !started.ok()) {
    std::cerr << "crosspoint-exchange-sim: " << started.message() << "\n";
    return 2;
  }
  std::cout << "listening on " << options.listen_address << ":" << sim.port() << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  sim.Stop();
  return 0;
}
