// What UART0 and the USB port have in common: a queue to the outside and a small task that empties it.
#pragma once

#include "esb/chip/sockets.hpp"
#include "esb/chip/uart.hpp"

#include <freertos/FreeRTOS.h>
#include <freertos/semphr.h>
#include <freertos/stream_buffer.h>
#include <freertos/task.h>

#include <array>
#include <atomic>

namespace esb::chip::esp32 {

// The drivers block while their hardware is busy; only the task waits for that. It also wakes the reactor when
// something has arrived, because neither driver's input can be waited for together with sockets.
class SerialPort : public chip::Uart {
public:
    SerialPort(const SerialPort&) = delete;
    SerialPort& operator=(const SerialPort&) = delete;

    std::size_t write(ConstBytes bytes) override;
    bool drained() const override;

protected:
    explicit SerialPort(Wake& wake);
    ~SerialPort() override = default;

    // The last line of the derived class's constructor.
    void start_task();
    // Lets the task look at input().
    void input_from_interrupt(BaseType_t& switch_task) { vTaskNotifyGiveFromISR(task_, &switch_task); }

    // The task calls these. send() returns when the driver has the bytes, or when nobody takes them.
    virtual void send(ConstBytes bytes) = 0;
    // True when something has arrived since the last call.
    virtual bool input() = 0;
    // How long input() may go unasked when no interrupt tells of it.
    virtual TickType_t input_period() const = 0;
    // What send() was given has left the chip.
    virtual bool sent() const = 0;

private:
    static constexpr std::size_t queue_size = 2048;  // bytes, as much as the console's output
    static constexpr std::size_t stack_size = 2048;  // bytes

    void run();
    void empty_queue();

    Wake& wake_;
    TaskHandle_t task_ = nullptr;
    StaticTask_t task_memory_{};
    std::array<StackType_t, stack_size / sizeof(StackType_t)> stack_{};
    StaticStreamBuffer_t queue_memory_{};
    std::array<std::uint8_t, queue_size + 1> queue_bytes_{};
    StreamBufferHandle_t queue_ = nullptr;
    StaticSemaphore_t writing_memory_{};
    SemaphoreHandle_t writing_ = nullptr;
    std::atomic<bool> sending_{false};
};

}  // namespace esb::chip::esp32
