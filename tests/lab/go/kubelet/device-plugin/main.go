// A device plugin that registers with a kubelet over its socket and offers the devices that a file names.
//
//	device-plugin <directory of kubelet.sock> <file>
//
// The file is read again whenever it changes, so that devices fail, vanish and come back while the plugin runs.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const (
	kubeletSocket = "kubelet.sock"
	pollInterval  = 100 * time.Millisecond
	// Where the container finds what its driver says.
	driverInContainer = "/run/driver"
)

type device struct {
	ID      string `json:"id"`
	Node    string `json:"node"`
	Healthy bool   `json:"healthy"`
}

type offer struct {
	Resource string `json:"resource"`
	// The environment variable that tells a container which devices are its own.
	Variable string   `json:"variable"`
	Driver   string   `json:"driver"`
	Devices  []device `json:"devices"`
}

type plugin struct {
	api.UnimplementedDevicePluginServer
	file string
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: device-plugin <directory of kubelet.sock> <file>")
	}
	// Relative paths: that of a Unix socket has 107 characters at most.
	if err := os.Chdir(os.Args[1]); err != nil {
		log.Fatal(err)
	}
	served := plugin{file: os.Args[2]}
	offered, _, err := served.read()
	if err != nil {
		log.Fatal(err)
	}
	socket := strings.ReplaceAll(offered.Resource, "/", "-") + ".sock"
	if err := serve(socket, served); err != nil {
		log.Fatal(err)
	}
	if err := register(socket, offered.Resource); err != nil {
		log.Fatal(err)
	}
	log.Printf("registered %s with %d devices", offered.Resource, len(offered.Devices))
	select {}
}

func serve(socket string, served plugin) error {
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, served)
	go func() { log.Fatal(server.Serve(listener)) }()
	return nil
}

func register(socket, resource string) error {
	connection, err := grpc.NewClient("unix:"+kubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	request := api.RegisterRequest{Version: api.Version, Endpoint: socket, ResourceName: resource}
	within, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = api.NewRegistrationClient(connection).Register(within, &request, grpc.WaitForReady(true))
	return err
}

func (p plugin) read() (offer, string, error) {
	var found offer
	text, err := os.ReadFile(p.file)
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	return found, string(text), err
}

func (p plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch sends the devices, and sends them again when the file has changed.
func (p plugin) ListAndWatch(_ *api.Empty, stream grpc.ServerStreamingServer[api.ListAndWatchResponse]) error {
	sent := ""
	for stream.Context().Err() == nil {
		offered, text, err := p.read()
		if err != nil {
			return err
		}
		if text != sent {
			if err := stream.Send(&api.ListAndWatchResponse{Devices: listed(offered)}); err != nil {
				return err
			}
			log.Printf("offered %d devices", len(offered.Devices))
			sent = text
		}
		time.Sleep(pollInterval)
	}
	return nil
}

func listed(offered offer) []*api.Device {
	devices := []*api.Device{}
	for _, each := range offered.Devices {
		health := api.Unhealthy
		if each.Healthy {
			health = api.Healthy
		}
		devices = append(devices, &api.Device{ID: each.ID, Health: health})
	}
	return devices
}

// Allocate gives each container a device node for each of its devices, their names, and what the driver says.
func (p plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	offered, _, err := p.read()
	if err != nil {
		return nil, err
	}
	response := &api.AllocateResponse{}
	for _, wanted := range request.ContainerRequests {
		response.ContainerResponses = append(response.ContainerResponses, allocated(offered, wanted.DevicesIds))
	}
	return response, nil
}

func allocated(offered offer, wanted []string) *api.ContainerAllocateResponse {
	response := &api.ContainerAllocateResponse{
		Envs:   map[string]string{offered.Variable: strings.Join(wanted, ",")},
		Mounts: []*api.Mount{{ContainerPath: driverInContainer, HostPath: offered.Driver, ReadOnly: true}},
	}
	nodes := map[string]string{}
	for _, each := range offered.Devices {
		nodes[each.ID] = each.Node
	}
	for _, id := range wanted {
		// There is no such device on this machine: one that every machine has stands in for it.
		spec := &api.DeviceSpec{ContainerPath: nodes[id], HostPath: "/dev/null", Permissions: "rw"}
		response.Devices = append(response.Devices, spec)
	}
	return response
}
