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
  app.add_option("--max-streams", options.max_streams, "Streaming connections of one account or impersonated mailbox")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
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
  CLI::App app("A stand-in for an on-premises Exchange server, for tests and demonstrations. State lives in memory.");
  AddOptions(app, options);
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
