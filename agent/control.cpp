// SPDX-License-Identifier: Apache-2.0
#include "agent/control.h"

#include <cerrno>
#include <cstring>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "agent/descriptor.h"

namespace synpol {
namespace {

constexpr int patience_ms = 5000; ///< a peer that is silent for longer is given up
constexpr std::size_t answering_threads = 2;
constexpr std::size_t largest_body = std::size_t{256} << 20;

/// A connected peer as httplib wants it. The "address" of the peer is its uid, its "port" the pid.
class PeerStream : public httplib::Stream {
  public:
    PeerStream(int socket, const ucred& peer) : socket_{socket}, peer_{peer} {}

    bool is_readable() const override { return wait_for(POLLIN); }
    bool is_writable() const override { return wait_for(POLLOUT); }
    ssize_t read(char* bytes, size_t size) override {
        return is_readable() ? ::recv(socket_, bytes, size, 0) : -1;
    }
    ssize_t write(const char* bytes, size_t size) override {
        return is_writable() ? ::send(socket_, bytes, size, MSG_NOSIGNAL) : -1;
    }
    void get_remote_ip_and_port(std::string& ip, int& port) const override {
        ip = std::to_string(peer_.uid);
        port = peer_.pid;
    }
    void get_local_ip_and_port(std::string& ip, int& port) const override {
        ip = "unix";
        port = 0;
    }
    socket_t socket() const override { return socket_; }

  private:
    bool wait_for(short events) const {
        pollfd wanted{socket_, events, 0};
        int ready = 0;
        do {
            ready = ::poll(&wanted, 1, patience_ms);
        } while (ready < 0 && errno == EINTR);
        return ready > 0;
    }

    int socket_;
    ucred peer_;
};

bool may_ask(const ucred& peer) {
    return peer.uid == 0 || peer.uid == ::geteuid();
}

class UnixServer : public httplib::Server {
  public:
    void use_socket(int socket) { svr_sock_ = socket; }

  private:
    bool process_and_close_socket(socket_t socket) override {
        const Descriptor connection{socket};
        ucred peer{};
        socklen_t length = sizeof peer;
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
        if (!may_ask(peer)) {
            spdlog::warn("control: refused pid {} of uid {}", peer.pid, peer.uid);
            return false;
        }
        PeerStream stream{socket, peer};
        bool closed = false;
        const bool served = process_request(stream, true, closed, nullptr);
        ::shutdown(socket, SHUT_RDWR);
        return served;
    }
};

std::string error_json(std::string_view message) {
    return nlohmann::json{{"error", message}}.dump();
}

void set_reply(httplib::Response& response, const ControlReply& reply) {
    response.status = reply.status;
    response.set_content(reply.json, "application/json");
}

/// Only plain bodies of a length that is given: no chunks, and nothing that unpacks to more.
int refusal(const httplib::Request& request, const std::vector<ControlRoute>& routes) {
    if (request.has_header("Content-Encoding") || request.has_header("Transfer-Encoding"))
        return 415;
    const auto length = request.get_header_value<uint64_t>("Content-Length");
    for (const auto& route : routes) {
        if (route.path == request.path) return length > route.largest_body ? 413 : 0;
    }
    return 404;
}

httplib::Server::Handler handler(const ControlRoute& route) {
    return [&route](const httplib::Request& request, httplib::Response& response) {
        const auto uid = static_cast<std::uint32_t>(std::stoul(request.remote_addr));
        set_reply(response, route.answer({request.body, uid}));
    };
}

void add_routes(UnixServer& server, const std::vector<ControlRoute>& routes) {
    server.set_payload_max_length(largest_body);
    server.new_task_queue = [] { return new httplib::ThreadPool{answering_threads}; };
    server.set_pre_routing_handler([&routes](const auto& request, auto& response) {
        const int status = refusal(request, routes);
        if (status == 0) return httplib::Server::HandlerResponse::Unhandled;
        set_reply(response, {status, error_json(fmt::format("{} {}: refused", request.method,
                                                            request.path))});
        return httplib::Server::HandlerResponse::Handled;
    });
    server.set_exception_handler(
        [](const auto& request, auto& response, const std::exception_ptr&) {
            spdlog::error("control: {} {}: exception", request.method, request.path);
            set_reply(response, {500, error_json("internal error")});
        });
    for (const auto& route : routes) {
        const std::string path{route.path};
        if (route.method == "GET") {
            server.Get(path, handler(route));
        } else {
            server.Post(path, handler(route));
        }
    }
}

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error{fmt::format("{}: longer than the {} bytes a socket path may have", path,
                                 sizeof address.sun_path - 1)}
            .with_help("choose a shorter run_dir");
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

Result<Descriptor> listen_on(const std::string& path) {
    auto address = address_of(path);
    if (!address) return std::move(address.error());
    Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket) return Error::from_errno("making the control socket", errno);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Error::from_errno(path, errno);
    // Never open to others, not even between bind() and chmod().
    const mode_t previous = ::umask(0177);
    const int bound =
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(sockaddr_un));
    const int error = errno;
    ::umask(previous);
    if (bound != 0) return Error::from_errno("binding " + path, error);
    if (::listen(socket.get(), 16) != 0) return Error::from_errno("listening on " + path, errno);
    return socket;
}

} // namespace

struct ControlServer::State {
    std::string path;
    std::vector<ControlRoute> routes;
    UnixServer server;
    std::thread thread;
};

ControlServer::ControlServer(std::unique_ptr<State> state) : state_{std::move(state)} {}

ControlServer::~ControlServer() {
    state_->server.stop();
    state_->thread.join();
    ::unlink(state_->path.c_str());
}

Result<std::unique_ptr<ControlServer>> ControlServer::start(const std::string& path,
                                                            std::vector<ControlRoute> routes) {
    auto socket = listen_on(path);
    if (!socket) return std::move(socket.error());
    auto state = std::make_unique<State>();
    state->path = path;
    state->routes = std::move(routes);
    add_routes(state->server, state->routes);
    state->server.use_socket(socket->release());
    state->thread = std::thread{[server = &state->server] { server->listen_after_bind(); }};
    // stop() does nothing for a server that does not run yet.
    while (!state->server.is_running()) std::this_thread::yield();
    return std::unique_ptr<ControlServer>{new ControlServer{std::move(state)}};
}

std::string control_path(const std::string& run_dir) {
    return run_dir + "/control.sock";
}

} // namespace synpol
