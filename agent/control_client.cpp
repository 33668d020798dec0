// SPDX-License-Identifier: Apache-2.0
#include "agent/control_client.h"

#include <csignal>
#include <ctime>

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "agent/control.h"

namespace synpol {
namespace {

using nlohmann::json;

/// Compiling a very large set takes a while, and the agent answers when it is done.
constexpr int patience_s = 300;

Error nobody(const std::string& socket, const httplib::Result& result) {
    const auto cause = result.error() == httplib::Error::Connection
                           ? std::string{"cannot connect"}
                           : "connection broke: " + httplib::to_string(result.error());
    return Error{fmt::format("no agent answers at {} ({})", socket, cause)}.with_help(
        "start it with `synpol agent`, or name its configuration with --config; it answers root "
        "and "
        "its own user only");
}

Error agent_error(int status, const std::string& body) {
    const auto object = json::parse(body, nullptr, false);
    if (!object.is_object() || !object.contains("error")) {
        return Error{fmt::format("the agent answered {}", status)};
    }
    return Error{object["error"].get<std::string>()}.with_help(object.value("help", std::string{}));
}

Result<ControlAnswer> answer_of(const std::string& socket, const httplib::Result& result) {
    if (!result) return nobody(socket, result);
    if (result->status == 200 || result->status == 422) {
        return ControlAnswer{result->status, result->body};
    }
    return agent_error(result->status, result->body);
}

/// An agent that refuses a request before it has read all of it closes the socket. The client
/// library writes with plain send(), so that the answer would be a SIGPIPE that ends the verb
/// without a word. Only this thread and only for the time of a request: output to a closed pipe
/// still ends a verb.
class SigpipeBlocked {
  public:
    SigpipeBlocked() {
        sigemptyset(&sigpipe_);
        sigaddset(&sigpipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
    }
    ~SigpipeBlocked() {
        const timespec at_once{};
        sigtimedwait(&sigpipe_, nullptr, &at_once);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    SigpipeBlocked(const SigpipeBlocked&) = delete;
    SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

  private:
    sigset_t sigpipe_{};
    sigset_t before_{};
};

httplib::Client client_for(const std::string& socket) {
    httplib::Client client{socket, 80};
    client.set_address_family(AF_UNIX);
    client.set_default_headers({{"Host", "synpol"}});
    client.set_read_timeout(patience_s, 0);
    return client;
}

} // namespace

ControlClient::ControlClient(const std::string& run_dir) : socket_{control_path(run_dir)} {}

Result<ControlAnswer> ControlClient::get(const std::string& path) const {
    const SigpipeBlocked blocked;
    return answer_of(socket_, client_for(socket_).Get(path));
}

Result<ControlAnswer> ControlClient::post(const std::string& path, const std::string& body) const {
    const SigpipeBlocked blocked;
    return answer_of(socket_, client_for(socket_).Post(path, body, "application/json"));
}

bool ControlClient::answers() const {
    const SigpipeBlocked blocked;
    return static_cast<bool>(client_for(socket_).Get("/v1/history"));
}

Result<Bundle> ControlClient::active_sources() const {
    auto answer = get("/v1/sources");
    if (!answer) return std::move(answer.error());
    const auto object = json::parse(answer->body, nullptr, false);
    if (!object.is_object() || !object.contains("bundle")) {
        return Error{"the agent's answer has no sources"};
    }
    return bundle_from_json(object["bundle"].dump());
}

} // namespace synpol
