// W2 of bench/sharing.py for SimGrid: so many boots under way on 64 shared cores, each using one core at most.
// Arguments: how many under way, how many to end, and a file of each boot's core-seconds.
// Prints the mean end and the CPU seconds of the run.
#include <simgrid/s4u.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <vector>

namespace sg4 = simgrid::s4u;

int main(int argc, char** argv)
{
  sg4::Engine engine(&argc, argv);
  const int under_way = std::atoi(argv[1]);
  const int count = std::atoi(argv[2]);
  std::vector<double> works;
  std::ifstream file(argv[3]);
  for (double work; file >> work;)
    works.push_back(work);
  auto* host = engine.get_netzone_root()->add_host("cores", 1.0);
  host->set_core_count(64);
  engine.get_netzone_root()->seal();
  double ends = 0.0;
  int asked = 0, ended = 0;
  for (int number = 0; number < under_way; number++)
    engine.add_actor("boot", host, [&] {
      while (ended < count) {
        sg4::this_actor::execute(works[asked++]);
        ended++;
        if (ended <= count)
          ends += sg4::Engine::get_clock();
        if (ended == count)
          sg4::Actor::kill_all();
      }
    });
  const std::clock_t began = std::clock();
  engine.run();
  std::printf("%.12g %.6f\n", ends / count, double(std::clock() - began) / CLOCKS_PER_SEC);
}
