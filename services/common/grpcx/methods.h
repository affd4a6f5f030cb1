#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/grpcx/call.h"
#include "common/grpcx/stream.h"

namespace crosspoint::grpcx {

// How a handler's methods are served. Names and message types are checked against the proto when the service is made;
// a mistake stops the process. Methods left out answer UNIMPLEMENTED with reason NOT_BUILT.
//
//   void PresenceHandler::Bind(grpcx::Methods& methods) {
//     methods.Unary("PutClaim", this, &PresenceHandler::PutClaim);
//     methods.ServerStream("WatchPresence", this, &PresenceHandler::WatchPresence);
//   }
class Methods {
 public:
  // The method answers from memory within microseconds and waits for nothing. Runs on the thread that read the call, so
  // while it runs the server may do nothing else; half as dear as Unary.
  template <class Handler, class Request, class Response>
  void Quick(std::string_view name, Handler* handler,
             absl::Status (Handler::*method)(const Request&, const Call&, Response&)) {
    Add(name, Kind::kQuick, Request::default_instance(), Response::default_instance(), Erase(handler, method));
  }

  // The method waits for Redis at most. Runs on a thread of the server's own, of which there is a bounded number.
  template <class Handler, class Request, class Response>
  void Unary(std::string_view name, Handler* handler,
             absl::Status (Handler::*method)(const Request&, const Call&, Response&)) {
    Add(name, Kind::kUnary, Request::default_instance(), Response::default_instance(), Erase(handler, method));
  }

  // The method may wait for an outside system (Exchange, LDAP, SMTP). Runs on a pool apart from the quick calls; a
  // tenant may have only so many waiting, more are refused with TOO_MANY_WAITING.
  template <class Handler, class Request, class Response>
  void Waiting(std::string_view name, Handler* handler,
               absl::Status (Handler::*method)(const Request&, const Call&, Response&)) {
    Add(name, Kind::kWaiting, Request::default_instance(), Response::default_instance(), Erase(handler, method));
  }

  // The method returns soon and writes from any thread afterwards; it may wait for Redis.
  template <class Handler, class Request, class Response>
  void ServerStream(std::string_view name, Handler* handler,
                    void (Handler::*method)(const Request&, const Call&,
                                            std::shared_ptr<grpcx::ServerStream<Response>>)) {
    Add(name, Kind::kServerStream, Request::default_instance(), Response::default_instance(),
        [handler, method](const google::protobuf::Message& request, const std::shared_ptr<StreamCore>& core) {
          auto stream = std::make_shared<grpcx::ServerStream<Response>>(core);
          (handler->*method)(static_cast<const Request&>(request), stream->call(), stream);
        });
  }

  // Called once the first message has come and passed the Guard; that message is the first OnMessage delivers.
  template <class Handler, class Request, class Response>
  void Bidi(std::string_view name, Handler* handler,
            void (Handler::*method)(const Call&, std::shared_ptr<BidiStream<Request, Response>>)) {
    Add(name, Kind::kBidi, Request::default_instance(), Response::default_instance(),
        [handler, method](const google::protobuf::Message&, const std::shared_ptr<StreamCore>& core) {
          auto stream = std::make_shared<BidiStream<Request, Response>>(core);
          (handler->*method)(stream->call(), stream);
        });
  }

  template <class Handler, class Request, class Response>
  void ClientStream(std::string_view name, Handler* handler,
                    void (Handler::*method)(const Call&, std::shared_ptr<grpcx::ClientStream<Request, Response>>)) {
    Add(name, Kind::kClientStream, Request::default_instance(), Response::default_instance(),
        [handler, method](const google::protobuf::Message&, const std::shared_ptr<StreamCore>& core) {
          auto stream = std::make_shared<grpcx::ClientStream<Request, Response>>(core);
          (handler->*method)(stream->call(), stream);
        });
  }

  enum class Kind { kQuick, kUnary, kWaiting, kServerStream, kBidi, kClientStream };
  static bool IsStream(Kind kind) { return kind >= Kind::kServerStream; }
  using UnaryFunction =
      std::function<absl::Status(const google::protobuf::Message&, const Call&, google::protobuf::Message&)>;
  using StreamFunction = std::function<void(const google::protobuf::Message&, const std::shared_ptr<StreamCore>&)>;

  struct Method {
    Kind kind;
    const google::protobuf::Message* request;  // default instances
    const google::protobuf::Message* response;
    UnaryFunction unary;    // kQuick, kUnary, kWaiting
    StreamFunction stream;  // the others
  };
  const std::map<std::string, Method, std::less<>>& bound() const { return bound_; }

 private:
  template <class Handler, class Request, class Response>
  static UnaryFunction Erase(Handler* handler,
                             absl::Status (Handler::*method)(const Request&, const Call&, Response&)) {
    return [handler, method](const google::protobuf::Message& request, const Call& call,
                             google::protobuf::Message& response) {
      return (handler->*method)(static_cast<const Request&>(request), call, static_cast<Response&>(response));
    };
  }
  void Add(std::string_view name, Kind kind, const google::protobuf::Message& request,
           const google::protobuf::Message& response, UnaryFunction function);
  void Add(std::string_view name, Kind kind, const google::protobuf::Message& request,
           const google::protobuf::Message& response, StreamFunction function);
  void AddMethod(std::string_view name, Method method);

  std::map<std::string, Method, std::less<>> bound_;
};

}  // namespace crosspoint::grpcx
