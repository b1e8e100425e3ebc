#include "esb/chip/esp32/serial_port.hpp"

namespace esb::chip::esp32 {
namespace {

constexpr TickType_t write_patience = pdMS_TO_TICKS(50);
constexpr UBaseType_t priority = 6;  // above the reactor's task: its input must not wait for it

}  // namespace

SerialPort::SerialPort(Wake& wake)
    : wake_(wake),
      queue_(xStreamBufferCreateStatic(queue_size, 1, queue_bytes_.data(), &queue_memory_)),
      writing_(xSemaphoreCreateMutexStatic(&writing_memory_)) {}

void SerialPort::start_task() {
    task_ = xTaskCreateStatic([](void* self) { static_cast<SerialPort*>(self)->run(); }, "esb_serial", stack_size, this,
                              priority, stack_.data(), &task_memory_);
}

std::size_t SerialPort::write(ConstBytes bytes) {
    if (xSemaphoreTake(writing_, write_patience) != pdTRUE) return 0;
    const std::size_t taken = xStreamBufferSend(queue_, bytes.data(), bytes.size(), write_patience);
    xSemaphoreGive(writing_);
    xTaskNotifyGive(task_);
    return taken;
}

bool SerialPort::drained() const { return xStreamBufferIsEmpty(queue_) == pdTRUE && !sending_ && sent(); }

void SerialPort::run() {
    for (;;) {
        ulTaskNotifyTake(pdTRUE, input_period());
        empty_queue();
        if (input()) wake_.wake();
    }
}

void SerialPort::empty_queue() {
    std::array<std::uint8_t, 64> piece;
    for (;;) {
        sending_ = true;  // before the queue is empty, so that drained() has no gap
        const std::size_t size = xStreamBufferReceive(queue_, piece.data(), piece.size(), 0);
        if (size > 0) send({piece.data(), size});
        sending_ = false;
        if (size == 0) return;
        if (input()) wake_.wake();
    }
}

}  // namespace esb::chip::esp32
