#include "escrowctl/client.h"

#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <chrono>

#include "base/assert.h"
#include "escrowctl/errors.h"
#include "escrowctl/read_file.h"
#include "escrowctl/request.h"

namespace escrow::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMessageBytesMax = 64 << 20;
constexpr std::int32_t kPageSizeMax = 1'000;

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const ConnectionOptions& options) {
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return absl::InvalidArgumentError("--cert and --key go together");
  }
  if (!options.tls && options.ca_file.empty() && options.certificate_file.empty()) {
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions ssl;
  for (const auto& [path, pem] :
       {std::pair{&options.ca_file, &ssl.pem_root_certs}, std::pair{&options.certificate_file, &ssl.pem_cert_chain},
        std::pair{&options.key_file, &ssl.pem_private_key}}) {
    if (!path->empty()) {
      absl::StatusOr<std::string> content = ReadFile(*path);
      if (!content.ok()) {
        return content.status();
      }
      *pem = *std::move(content);
    }
  }
  return grpc::SslCredentials(ssl);
}

}  // namespace

// One call on the wire, of any kind, step by step. Every step waits for its completion.
class Client::Exchange {
 public:
  Exchange(const Client& client, const Method& method) : stub_(client.channel_) {
    if (!client.options_.api_key.empty()) {
      context_.AddMetadata("authorization", "Bearer " + client.options_.api_key);
    }
    if (!method.descriptor->server_streaming()) {
      context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(client.options_.timeout_seconds));
    }
    call_ = stub_.PrepareCall(&context_, method.path, &queue_);
    call_->StartCall(this);
    open_ = Await();
  }

  ~Exchange() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // False when the call has ended; Finish says why.
  bool Send(const Message& message) {
    if (!open_) {
      return false;
    }
    const grpc::Slice slice(message.SerializeAsString());
    call_->Write(grpc::ByteBuffer(&slice, 1), this);
    return open_ = Await();
  }

  void CloseSending() {
    if (open_) {
      call_->WritesDone(this);
      open_ = Await();
    }
  }

  // False at the end of the stream.
  bool Receive(Message& message) {
    grpc::ByteBuffer bytes;
    call_->Read(&bytes, this);
    if (!Await()) {
      return false;
    }
    grpc::ProtoBufferReader reader(&bytes);
    malformed_ = !message.ParseFromZeroCopyStream(&reader);
    return !malformed_;
  }

  void Cancel() {
    cancelled_ = true;
    context_.TryCancel();
  }

  absl::Status Finish() {
    if (malformed_) {
      Cancel();
    }
    grpc::Status status;
    call_->Finish(&status, this);
    const bool finished = Await();
    ESCROW_ASSERT(finished);
    if (malformed_) {
      return absl::InternalError("the server's reply is not a message of this contract");
    }
    return cancelled_ ? absl::OkStatus() : FromRpc(status);
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    const bool alive = queue_.Next(&tag, &ok);
    ESCROW_ASSERT(alive && tag == this);
    return ok;
  }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool open_ = false;
  bool cancelled_ = false;
  bool malformed_ = false;
};

Client::Client(ConnectionOptions options, std::shared_ptr<grpc::Channel> channel)
    : options_(std::move(options)), channel_(std::move(channel)) {}

Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const ConnectionOptions& options) {
  const auto credentials = MakeCredentials(options);
  if (!credentials.ok()) {
    return credentials.status();
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetMaxSendMessageSize(kMessageBytesMax);
  // A server that restarts is found again soon, not after gRPC's default of up to two minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  return std::unique_ptr<Client>(
      new Client(options, grpc::CreateCustomChannel(options.address, *credentials, arguments)));
}

std::unique_ptr<Client> Client::As(std::string api_key) const {
  ConnectionOptions options = options_;
  options.api_key = std::move(api_key);
  return std::unique_ptr<Client>(new Client(std::move(options), channel_));
}

absl::Status Client::Call(const Message& request, Message& response) {
  const Method& method = MethodOf(*request.GetDescriptor());
  ESCROW_ASSERT(!method.descriptor->client_streaming() && !method.descriptor->server_streaming());
  ESCROW_ASSERT(response.GetDescriptor() == method.descriptor->output_type());
  Exchange exchange(*this, method);
  exchange.Send(request);
  exchange.CloseSending();
  const bool received = exchange.Receive(response);
  const absl::Status status = exchange.Finish();
  ESCROW_ASSERT(received || !status.ok());
  return status;
}

absl::Status Client::CallAllPages(const Message& request, Message& response) {
  const Descriptor& type = *request.GetDescriptor();
  const FieldDescriptor* page_size = type.FindFieldByName("page_size");
  const FieldDescriptor* page_token = type.FindFieldByName("page_token");
  const FieldDescriptor* next_token = response.GetDescriptor()->FindFieldByName("next_page_token");
  ESCROW_ASSERT(page_size != nullptr && page_token != nullptr && next_token != nullptr);

  const std::unique_ptr<Message> ask = NewMessage(type);
  ask->CopyFrom(request);
  ask->GetReflection()->SetInt32(ask.get(), page_size, kPageSizeMax);
  response.Clear();
  while (true) {
    const std::unique_ptr<Message> page = NewMessage(*response.GetDescriptor());
    if (absl::Status status = Call(*ask, *page); !status.ok()) {
      return status;
    }
    std::string token = page->GetReflection()->GetString(*page, next_token);
    page->GetReflection()->ClearField(page.get(), next_token);
    response.MergeFrom(*page);
    if (token.empty()) {
      return absl::OkStatus();
    }
    ask->GetReflection()->SetString(ask.get(), page_token, std::move(token));
  }
}

absl::Status Client::Stream(const Message& request, const Sink& sink) {
  const std::unique_ptr<Message> message = NewMessage(*MethodOf(*request.GetDescriptor()).descriptor->output_type());
  return Stream(request, *message, sink);
}

absl::Status Client::Stream(const Message& request, Message& message, const Sink& sink) {
  const Method& method = MethodOf(*request.GetDescriptor());
  ESCROW_ASSERT(!method.descriptor->client_streaming());
  Exchange exchange(*this, method);
  exchange.Send(request);
  exchange.CloseSending();
  while (exchange.Receive(message)) {
    if (!sink(message)) {
      exchange.Cancel();
    }
  }
  return exchange.Finish();
}

absl::Status Client::Converse(const Method& method, const Source& source, const Sink& sink) {
  ESCROW_ASSERT(method.descriptor->client_streaming() && method.descriptor->server_streaming());
  Exchange exchange(*this, method);
  const std::unique_ptr<Message> reply = NewMessage(*method.descriptor->output_type());
  while (true) {
    const auto next = source();
    if (!next.ok()) {
      exchange.Cancel();
      (void)exchange.Finish();  // our own stop; what matters is why we stopped
      return next.status();
    }
    if (*next == nullptr) {
      break;
    }
    if (!exchange.Send(**next) || !exchange.Receive(*reply)) {
      return exchange.Finish();
    }
    if (!sink(*reply)) {
      exchange.Cancel();
      break;
    }
  }
  exchange.CloseSending();
  while (exchange.Receive(*reply)) {
    sink(*reply);
  }
  return exchange.Finish();
}

}  // namespace escrow::ctl
