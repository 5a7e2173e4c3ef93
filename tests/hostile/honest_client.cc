#include "hostile/honest_client.h"

#include <algorithm>

#include "escrow/v1/agreement_service.grpc.pb.h"
#include "escrow/v1/event_service.grpc.pb.h"
#include "support/commands.h"

namespace escrow::test {
namespace {

// Not how fast the server is, but that it serves: the machine may be busy with other tests, too.
constexpr auto kPatience = std::chrono::seconds(15);
constexpr std::uint64_t kFirstRequest = 1'000;

}  // namespace

HonestClient::HonestClient(const ServerProcess& server, const std::string& key)
    : server_(server), remote_(server.address(), key) {
  thread_ = std::thread([this] { Run(); });
  AwaitCalls(1);
}

HonestClient::~HonestClient() {
  if (thread_.joinable()) {
    Stop();
  }
}

void HonestClient::Run() {
  for (std::uint64_t number = kFirstRequest; !stopping_; number += 10) {
    Shop(number);
    const ProcessUse use = server_.Use();
    const std::lock_guard lock(mutex_);
    most_.resident_mebibytes = std::max(most_.resident_mebibytes, use.resident_mebibytes);
    most_.threads = std::max(most_.threads, use.threads);
    most_.files = std::max(most_.files, use.files);
  }
}

void HonestClient::Shop(std::uint64_t number) {
  const std::string id = "honest-" + std::to_string(number);
  const std::string name = "platforms/shop/agreements/" + id;
  v1::CommandReply reply;
  auto began = std::chrono::steady_clock::now();
  Note("create", remote_.Execute(CreateParcel(number, "shop", id), reply, kPatience), began);
  began = std::chrono::steady_clock::now();
  Note("deposit", remote_.Execute(RecordDeposit(number + 1, name, 10'000), reply, kPatience), began);
  {
    began = std::chrono::steady_clock::now();
    grpc::ClientContext context;
    remote_.Prepare(context, kPatience);
    v1::GetAgreementRequest request;
    request.set_name(name);
    v1::Agreement agreement;
    Note("get", v1::AgreementService::NewStub(remote_.channel())->GetAgreement(&context, request, &agreement), began);
  }
  began = std::chrono::steady_clock::now();
  grpc::ClientContext context;
  remote_.Prepare(context, kPatience);
  v1::StreamEventsRequest request;
  request.set_start_sequence(std::max<std::int64_t>(reply.first_sequence(), 1));
  request.set_stop_at_end(true);
  request.mutable_event_filter()->set_platform("platforms/shop");
  const auto stream = v1::EventService::NewStub(remote_.channel())->StreamEvents(&context, request);
  v1::StreamEventsResponse response;
  while (stream->Read(&response)) {
  }
  Note("stream", stream->Finish(), began);
}

void HonestClient::Note(const char* what, const grpc::Status& status, std::chrono::steady_clock::time_point began) {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  const std::lock_guard lock(mutex_);
  ++calls_;
  slowest_ = std::max(slowest_, took);
  if (!status.ok()) {
    complaints_.push_back(std::string(what) + ": " + std::to_string(status.error_code()) + " " +
                          status.error_message() + " after " + std::to_string(took.count()) + " ms");
  }
  changed_.notify_all();
}

void HonestClient::AwaitCalls(std::size_t more) {
  std::unique_lock lock(mutex_);
  const std::size_t goal = calls_ + more;
  changed_.wait(lock, [&] { return calls_ >= goal; });
}

std::vector<std::string> HonestClient::Stop() {
  stopping_ = true;
  thread_.join();
  return complaints_;
}

ProcessUse HonestClient::most() const {
  const std::lock_guard lock(mutex_);
  return most_;
}

std::chrono::milliseconds HonestClient::slowest() const {
  const std::lock_guard lock(mutex_);
  return slowest_;
}

}  // namespace escrow::test
